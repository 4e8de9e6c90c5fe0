/* draw_mermaid: a drawing as a flowchart of Mermaid, which GitHub, GitLab and many editors show as it is. A ladder is a subgraph whose
 * steps stand one above the other; the other lines of its stage are in a note beside them. */
#include "engine/draw.h"

/* A character that Mermaid, its Markdown or HTML would read as its own. */
static bool is_special(const char *at, const char *first)
{
    const char *digit = first;
    if (strchr("\"#&<>\\`*_~$[]{}|", *at))
        return true;
    while (digit < at && *digit >= '0' && *digit <= '9')
        digit++;
    return digit == at && strchr(at == first ? "-+=:/" : ".)", *at); /* would begin a list, or a shape */
}

static void put_text(FILE *out, struct text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] && is_special(text.data + i, text.data))
            fprintf(out, "#%d;", text.data[i]);
        else
            putc(text.data[i], out);
}

static void put_lines(FILE *out, const struct draw_line *line)
{
    putc('"', out);
    for (; line; line = line->next) {
        bool title = line->tone == DRAW_TITLE;
        fputs(title ? "<b>" : "", out);
        put_text(out, line->text);
        fputs(title ? "</b>" : "", out);
        fputs(line->next ? "<br/>" : "", out);
    }
    putc('"', out);
}

static void put_id(FILE *out, const struct draw_node *node)
{
    fwrite(node->id.data, 1, node->id.size, out);
}

static const char *arrow_of(enum draw_way way)
{
    return way == DRAW_OVERDUE ? "-.->" : "-->";
}

/* ---- ladders ---- */

static void put_climb(FILE *out, const struct draw_node *node, const struct draw_climb *climb)
{
    fputs("    ", out);
    put_id(out, node);
    fprintf(out, "_%d %s|\"%s ", climb->from + 1, arrow_of(climb->way), climb->to > climb->from ? "↑" : "↓");
    put_text(out, climb->title);
    fputs("\"| ", out);
    put_id(out, node);
    fprintf(out, "_%d\n", climb->to + 1);
}

static bool climbs_between(const struct draw_node *node, int32_t low)
{
    for (const struct draw_climb *climb = node->climbs; climb; climb = climb->next)
        if ((climb->from == low && climb->to == low + 1) || (climb->to == low && climb->from == low + 1))
            return true;
    return false;
}

static void put_steps(FILE *out, const struct draw_node *node)
{
    for (int32_t step = 0; step < node->step_count; step++) {
        fputs("    ", out);
        put_id(out, node);
        fprintf(out, "_%d[\"", step + 1);
        put_text(out, node->steps[step]);
        fputs("\"]\n", out);
    }
    for (int32_t low = 0; low + 1 < node->step_count; low++) {
        if (climbs_between(node, low))
            continue;
        fputs("    ", out);
        put_id(out, node);
        fprintf(out, "_%d --- ", low + 1);
        put_id(out, node);
        fprintf(out, "_%d\n", low + 2);
    }
    for (const struct draw_climb *climb = node->climbs; climb; climb = climb->next)
        put_climb(out, node, climb);
}

static void put_ladder(FILE *out, const struct draw_node *node)
{
    const struct draw_line *rest = node->lines.first;
    fputs("  subgraph ", out);
    put_id(out, node);
    fputs("[\"", out);
    for (; rest && rest->tone == DRAW_TITLE; rest = rest->next)
        put_text(out, rest->text);
    fputs("\"]\n    direction BT\n", out);
    if (rest) {
        fputs("    ", out);
        put_id(out, node);
        fputs("_0[", out);
        put_lines(out, rest);
        fputs("]:::note\n", out);
    }
    put_steps(out, node);
    fputs("  end\n", out);
}

/* ---- nodes and edges ---- */

static void put_node(FILE *out, const struct draw_node *node)
{
    static const struct {
        const char *open, *close;
    } shapes[] = {
        [DRAW_START] = {"([", "]):::start"},
        [DRAW_STAGE] = {"[", "]"},
        [DRAW_ANYWHERE] = {"[", "]:::anywhere"},
        [DRAW_END] = {"([", "]):::over"},
    };
    if (node->step_count) {
        put_ladder(out, node);
        return;
    }
    fputs("  ", out);
    put_id(out, node);
    fputs(node->ballot ? "{{" : shapes[node->kind].open, out); /* a vote has six corners */
    put_lines(out, node->lines.first);
    fprintf(out, "%s\n", node->ballot ? "}}" : shapes[node->kind].close);
}

void draw_mermaid(const struct drawing *drawing, FILE *out)
{
    fputs("flowchart TB\n", out);
    for (int32_t i = 0; i < drawing->node_count; i++)
        if (drawing->nodes[i].kind != DRAW_ABSENT)
            put_node(out, &drawing->nodes[i]);
    for (const struct draw_edge *edge = drawing->edges; edge; edge = edge->next) {
        fputs("  ", out);
        put_id(out, &drawing->nodes[edge->from]);
        fprintf(out, " %s", arrow_of(edge->way));
        if (edge->lines.first) {
            putc('|', out);
            put_lines(out, edge->lines.first);
            putc('|', out);
        }
        putc(' ', out);
        put_id(out, &drawing->nodes[edge->to]);
        putc('\n', out);
    }
    fputs("  classDef start fill:#dcfce7,stroke:#166534\n"
          "  classDef over fill:#e5e7eb,stroke:#374151\n"
          "  classDef anywhere fill:#fefce8,stroke:#a16207,stroke-dasharray:4\n"
          "  classDef note fill:#ffffff,stroke:#ffffff,text-align:left\n",
          out);
}
