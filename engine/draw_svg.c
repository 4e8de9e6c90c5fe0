/* draw_svg: a drawing as SVG, laid out by Graphviz: the only way into libgvc. The library and what it brings along is loaded when something is drawn,
 * and by hand, so that neither `staircase serve` nor a shell full of `staircase send` pays for it at start. It stays loaded until the process ends:
 * its plugins do not bear to be unloaded. So does its one context: the plugin that measures text (2.42) remembers the font of the last text by a
 * pointer, also when the context that owned it is gone. */
#include <dlfcn.h>
#include <graphviz/gvc.h>
#include <stdlib.h>

#include "engine/draw.h"

/* The library that goes with the header above. */
static const char library[] = "libgvc.so.6";

struct graphviz {
    __typeof__(&gvContext) make_context;
    __typeof__(&agmemread) read;
    __typeof__(&agclose) close;
    __typeof__(&gvLayout) layout;
    __typeof__(&gvFreeLayout) free_layout;
    __typeof__(&gvRenderData) render;
    __typeof__(&gvFreeRenderData) free_render;
    GVC_t *context;
};

/* Once for the process. The names of libcgraph are found through libgvc, which needs it. */
static bool load(struct graphviz *graphviz)
{
    const struct {
        const char *name;
        void *to;
    } functions[] = {
        {"gvContext", &graphviz->make_context}, {"agmemread", &graphviz->read},           {"agclose", &graphviz->close},
        {"gvLayout", &graphviz->layout},        {"gvFreeLayout", &graphviz->free_layout}, {"gvRenderData", &graphviz->render},
        {"gvFreeRenderData", &graphviz->free_render},
    };
    if (graphviz->context)
        return true;
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *found = handle ? dlsym(handle, functions[i].name) : NULL;
        if (!found)
            return false;
        memcpy(functions[i].to, &found, sizeof found); /* POSIX: a function pointer fits; C has no cast for it */
    }
    graphviz->context = graphviz->make_context();
    return graphviz->context;
}

/* The drawing in DOT, for free. NULL: no memory. */
static char *dot_of(const struct drawing *drawing)
{
    char *dot = NULL;
    size_t size;
    FILE *out = open_memstream(&dot, &size);
    if (!out)
        return NULL;
    draw_dot(drawing, out);
    bool good = !ferror(out);
    if (fclose(out) == 0 && good)
        return dot;
    free(dot);
    return NULL;
}

static bool render(const struct graphviz *graphviz, struct arena *arena, const char *dot, struct text *svg)
{
    bool good = false;
    char *bytes = NULL;
    unsigned int size = 0;
    Agraph_t *graph = graphviz->read(dot);
    if (graph && graphviz->layout(graphviz->context, graph, "dot") == 0) {
        good = graphviz->render(graphviz->context, graph, "svg", &bytes, &size) == 0 && bytes;
        if (good)
            *svg = arena_copy(arena, (struct text){.data = bytes, .size = size});
        graphviz->free_render(bytes);
        graphviz->free_layout(graphviz->context, graph);
    }
    if (graph)
        graphviz->close(graph);
    return good;
}

enum err draw_svg(const struct drawing *drawing, struct text *svg, struct text *why)
{
    static struct graphviz graphviz;
    if (!load(&graphviz)) {
        *why = arena_print(drawing->arena, "Graphviz's library (%s) is not on this machine: install libgvc6, or draw as dot or mermaid.", library);
        return ERR_NOT_FOUND;
    }
    char *dot = dot_of(drawing);
    bool good = dot && render(&graphviz, drawing->arena, dot, svg);
    free(dot);
    if (!good)
        *why = TEXT("Graphviz could not lay it out: draw it as dot and look at that.");
    return good ? ERR_OK : ERR_IO;
}
