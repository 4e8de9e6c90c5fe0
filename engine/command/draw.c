/* draw: `staircase draw` makes a picture of a workflow file. The file is read here, as `check` does; no engine is asked. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "engine/command/files.h"
#include "engine/command/talk.h"
#include "engine/draw.h"
#include "engine/map.h"
#include "engine/source.h"

static const char *const formats[] = {"svg", "dot", "mermaid"};
static const char *const endings[] = {"svg", "dot", "mmd"};
enum format { FORMAT_SVG, FORMAT_DOT, FORMAT_MERMAID, FORMAT_COUNT };

/* What is asked for, read from the command line. */
struct request {
    enum format format;
    const char *out;  /* a file, a folder, or NULL: stdout */
    bool out_folder;
    const struct directory *directory; /* NULL: none was given */
};

static bool is_folder(const char *path)
{
    struct stat status;
    return path && stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int read_request(const struct command_line *line, struct request *request)
{
    const char *format = command_value(line, "format");
    *request = (struct request){.format = FORMAT_SVG, .out = command_value(line, "out")};
    request->out_folder = is_folder(request->out);
    while (format && request->format < FORMAT_COUNT && strcmp(format, formats[request->format]) != 0)
        request->format++;
    if (request->format == FORMAT_COUNT)
        return command_misuse(line,
                              command_say(line, "--format is svg, dot or mermaid, not \"%s\".", "--format 只能是 svg、dot 或 mermaid，不是“%s”。"),
                              format);
    if (line->operand_count > 1 && !request->out_folder)
        return command_misuse(line, "%s", command_say(line, "Several files need a folder to be drawn into: --out FOLDER, which must exist.",
                                                      "多个文件须指定已存在的文件夹：--out FOLDER。"));
    return COMMAND_DONE;
}

/* stdout is for the drawing: mistakes and warnings go to stderr. */
static int read_workflow(const struct command_line *line, const char *path, struct source *source)
{
    struct problems problems;
    struct text text, why;
    if (source_load(line->arena, path, &text, &why) != ERR_OK)
        return command_fail(line, COMMAND_FAILED, "%.*s", (int)why.size, why.data);
    if (source_kind_of(text) != SOURCE_WORKFLOW)
        return command_fail(line, COMMAND_REFUSED, command_say(line, "%s is no workflow.", "%s 不是流程。"), path);
    if (source_read(line->arena, path, text, &problems, source) == ERR_OK)
        return COMMAND_DONE;
    text = problems_print(&problems, line->arena);
    fwrite(text.data, 1, text.size, stderr);
    return COMMAND_REFUSED;
}

static int drawing_text(const struct command_line *line, const struct drawing *drawing, enum format format, struct text *text)
{
    char *bytes = NULL;
    size_t size = 0;
    struct text why;
    if (format == FORMAT_SVG && draw_svg(drawing, text, &why) != ERR_OK)
        return command_fail(line, COMMAND_FAILED, "%.*s", (int)why.size, why.data);
    if (format == FORMAT_SVG)
        return COMMAND_DONE;
    FILE *memory = open_memstream(&bytes, &size);
    if (!memory)
        return command_fail(line, COMMAND_FAILED, "%s", strerror(errno));
    (format == FORMAT_DOT ? draw_dot : draw_mermaid)(drawing, memory);
    bool good = !ferror(memory);
    good = fclose(memory) == 0 && good;
    if (good)
        *text = arena_copy(line->arena, (struct text){.data = bytes, .size = size});
    free(bytes);
    return good ? COMMAND_DONE : command_fail(line, COMMAND_FAILED, "%s", strerror(ENOMEM));
}

static int write_file(const struct command_line *line, const char *path, struct text text)
{
    FILE *file = fopen(path, "wb");
    bool good = file && fwrite(text.data, 1, text.size, file) == text.size;
    int error = errno;
    if (file && fclose(file) != 0 && good) {
        error = errno;
        good = false;
    }
    return good ? COMMAND_DONE : command_fail(line, COMMAND_FAILED, "%s: %s", path, strerror(error));
}

/* To where it was asked for. */
static int give(const struct command_line *line, const struct request *request, const char *path, const struct source *source,
                struct text text)
{
    const char *out = request->out;
    if (request->out_folder)
        out = arena_print(line->arena, "%s/%.*s.%s", out, (int)source->name.size, source->name.data, endings[request->format]).data;
    int code = out ? write_file(line, out, text) : COMMAND_DONE;
    if (code == COMMAND_DONE && line->json) {
        struct map_maker map = map_begin(line->arena);
        map_put_string(&map, "file", path);
        map_put_string(&map, "format", formats[request->format]);
        if (out)
            map_put_string(&map, "out", out);
        else
            map_put_text(&map, "drawing", text);
        struct value row = map_end(&map);
        talk_print_row(line, &row);
    } else if (!out) {
        fwrite(text.data, 1, text.size, stdout); /* whether all of it got there, command_main asks for every command */
    }
    return code;
}

static int draw_one(const struct command_line *line, const struct request *request, const char *path)
{
    struct source source;
    struct text text = {0};
    int code = read_workflow(line, path, &source);
    if (code != COMMAND_DONE)
        return code;
    struct drawing drawing = draw_workflow(line->arena, &source.workflow, request->directory, line->language == LANGUAGE_ZH ? DRAW_ZH : DRAW_EN);
    code = drawing_text(line, &drawing, request->format, &text);
    return code == COMMAND_DONE ? give(line, request, path, &source, text) : code;
}

/* Whose titles levels and roles have. */
static int read_directory(const struct command_line *line, struct checked_file *file, struct request *request)
{
    const char *path = command_value(line, "directory");
    int code = path ? file_check(line, path, NULL, file) : COMMAND_DONE;
    if (!path || code != COMMAND_DONE)
        return code;
    if (file->source.kind != SOURCE_DIRECTORY)
        return command_misuse(line, command_say(line, "%s is no directory.", "%s 不是通讯录。"), path);
    request->directory = &file->source.directory;
    return COMMAND_DONE;
}

static int run(struct command_line *line)
{
    static char *standard[] = {"workflow.yaml"};
    char **paths = line->operand_count ? line->operands : standard;
    struct request request;
    struct checked_file directory;
    int worst = read_request(line, &request);
    if (worst == COMMAND_DONE)
        worst = read_directory(line, &directory, &request);
    if (worst != COMMAND_DONE)
        return worst;
    for (int i = 0; i < (line->operand_count ? line->operand_count : 1); i++) {
        int code = draw_one(line, &request, paths[i]);
        worst = code > worst ? code : worst;
    }
    return worst;
}

static const struct command_option options[] = {
    {"format", "FORMAT", {"svg (unless said), dot or mermaid", "svg（默认）、dot 或 mermaid"}, false},
    {"directory", "FILE", {"call levels and roles by their titles there", "层级与角色用该通讯录中的名称"}, false},
    {"out", "FILE", {"write there; a folder takes NAME.svg of each workflow", "写入该文件；若为文件夹，则每个流程写为“名称.svg”"}, false},
    {0},
};

const struct command command_draw = {
    .name = "draw",
    .line = {"draw a workflow as SVG, DOT or Mermaid, with its ladders as stairs", "绘制流程图（SVG、DOT、Mermaid），层级画作台阶"},
    .synopsis = "[FILE]... [--directory FILE] [--format svg|dot|mermaid] [--out FILE]",
    .examples = {"  staircase draw workflows/dispute-mediation/workflow.yaml --directory config/directory.yaml --lang zh --out dispute.svg\n"
                 "  staircase draw                                  workflow.yaml in this folder, as SVG to stdout\n"
                 "  staircase draw workflow.yaml --format mermaid   to paste into a page\n"
                 "  staircase draw workflows/*/workflow.yaml --out pictures\n"
                 "Dashed: what follows when a deadline passes. Arrows between steps: climbs within the stage.\n",
                 "  staircase draw workflows/dispute-mediation/workflow.yaml --directory config/directory.yaml --lang zh --out dispute.svg\n"
                 "  staircase draw                                  本文件夹的 workflow.yaml，以 SVG 输出\n"
                 "  staircase draw workflow.yaml --format mermaid   可粘贴到网页\n"
                 "  staircase draw workflows/*/workflow.yaml --out pictures\n"
                 "虚线：逾期后的去向。台阶间的箭头：在本阶段内升降层级。\n"},
    .options = options,
    .operands_most = -1,
    .run = run,
};
