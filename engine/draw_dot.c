/* draw_dot: a drawing in the language of Graphviz. Labels are HTML-like, as only these have rows, bold titles and stairs.
 *
 * A ladder is drawn as stairs: one row of cells for each level, the highest first; a step is the first filled cell of its row, and in the empty cell
 * before it, above the tread of the step below, are arrows for the climbs between the two. */
#include "engine/draw.h"

/* The first that the reader's machine has: those of Debian, Windows, macOS. */
static const char fonts[] = "Noto Sans CJK SC,Noto Sans SC,Microsoft YaHei,PingFang SC,WenQuanYi Micro Hei,sans-serif";

static const char *const colours[] = {
    [DRAW_TITLE] = "#111827",
    [DRAW_PLAIN] = "#374151",
    [DRAW_WORK] = "#1d4ed8",
    [DRAW_TIME] = "#b45309",
};
static const char *const ways[] = {[DRAW_EVENT] = "#374151", [DRAW_OVERDUE] = "#b45309"};

static void put_text(FILE *out, struct text text)
{
    for (size_t i = 0; i < text.size; i++)
        switch (text.data[i]) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        default: putc(text.data[i], out);
        }
}

static void put_line(FILE *out, const struct draw_line *line, const char *colour)
{
    bool title = line->tone == DRAW_TITLE;
    fprintf(out, "<FONT COLOR=\"%s\">%s", colour, title ? "<B>" : "");
    put_text(out, line->text);
    fprintf(out, "%s</FONT>", title ? "</B>" : "");
}

/* Lines of one tone after the other; each ends with a break, which is what aligns it. */
static void put_lines(FILE *out, const struct draw_line *line, const char *align)
{
    for (; line; line = line->next) {
        put_line(out, line, colours[line->tone]);
        fprintf(out, "<BR ALIGN=\"%s\"/>", align);
    }
}

/* ---- stairs ---- */

static bool climbs(const struct draw_node *node, int32_t from, int32_t to, enum draw_way way)
{
    for (const struct draw_climb *climb = node->climbs; climb; climb = climb->next)
        if (climb->from == from && climb->to == to && climb->way == way)
            return true;
    return false;
}

/* What goes on between a step and the next one up. */
static void put_climbs(FILE *out, const struct draw_node *node, int32_t low)
{
    fputs("<TD VALIGN=\"BOTTOM\" ALIGN=\"RIGHT\">", out);
    for (enum draw_way way = DRAW_EVENT; way <= DRAW_OVERDUE; way++) {
        if (climbs(node, low, low + 1, way))
            fprintf(out, "<FONT COLOR=\"%s\">↑</FONT>", ways[way]);
        if (climbs(node, low + 1, low, way))
            fprintf(out, "<FONT COLOR=\"%s\">↓</FONT>", ways[way]);
    }
    fputs("</TD>", out);
}

static void put_step(FILE *out, const struct draw_node *node, int32_t step)
{
    int32_t behind = node->step_count - 1 - step;
    fputs("<TR>", out);
    if (step > 1)
        fprintf(out, "<TD COLSPAN=\"%d\"></TD>", step - 1);
    if (step > 0)
        put_climbs(out, node, step - 1);
    fputs("<TD BORDER=\"1\" SIDES=\"LT\" COLOR=\"#0f766e\" BGCOLOR=\"#ccfbf1\"><FONT COLOR=\"#0f766e\">", out);
    put_text(out, node->steps[step]);
    fputs("</FONT></TD>", out);
    if (behind > 0)
        fprintf(out, "<TD COLSPAN=\"%d\" BGCOLOR=\"#ccfbf1\"></TD>", behind);
    fputs("</TR>\n", out);
}

static void put_stairs(FILE *out, const struct draw_node *node)
{
    if (node->step_count == 0)
        return;
    fputs("<TR><TD><TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"4\">\n", out);
    for (int32_t step = node->step_count - 1; step >= 0; step--)
        put_step(out, node, step);
    fputs("</TABLE></TD></TR>\n", out);
}

/* ---- nodes and edges ---- */

static void put_box(FILE *out, const struct draw_node *node)
{
    bool anywhere = node->kind == DRAW_ANYWHERE;
    const struct draw_line *line = node->lines.first;
    const char *edge = anywhere ? "#a16207" : node->ballot ? "#7e22ce" : node->publishes ? "#be123c" : "#1e3a8a",
               *fill = anywhere ? "#fefce8" : node->ballot ? "#faf5ff" : node->publishes ? "#fff1f2" : "#f8fafc"; /* a publication is red, as its notices are */
    fprintf(out, "<TABLE BORDER=\"%d\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"3\" STYLE=\"%s\" COLOR=\"%s\" BGCOLOR=\"%s\">\n",
            node->ballot ? 3 : 1, anywhere ? "DASHED" : node->ballot ? "SOLID" : "ROUNDED", edge, fill); /* a ballot box has corners */
    for (; line && line->tone == DRAW_TITLE; line = line->next) {
        fputs("<TR><TD>", out);
        put_line(out, line, colours[DRAW_TITLE]);
        fputs("</TD></TR>\n", out);
    }
    put_stairs(out, node);
    if (line) {
        fputs("<TR><TD ALIGN=\"LEFT\" CELLPADDING=\"7\"><FONT POINT-SIZE=\"10\">", out);
        put_lines(out, line, "LEFT");
        fputs("</FONT></TD></TR>\n", out);
    }
    fputs("</TABLE>", out);
}

static void put_node(FILE *out, const struct draw_node *node)
{
    fprintf(out, "  %.*s [", (int)node->id.size, node->id.data);
    switch (node->kind) {
    case DRAW_START: fputs("shape=box style=\"rounded,filled\" fillcolor=\"#dcfce7\" color=\"#166534\" penwidth=2 label=<", out); break;
    case DRAW_END: fputs("shape=box style=\"rounded,filled\" fillcolor=\"#e5e7eb\" color=\"#374151\" penwidth=2 label=<", out); break;
    default: fputs("shape=plain label=<", out); break;
    }
    if (node->kind == DRAW_START || node->kind == DRAW_END)
        put_lines(out, node->lines.first, "CENTER");
    else
        put_box(out, node);
    fputs(">];\n", out);
}

static void put_edge(FILE *out, const struct drawing *drawing, const struct draw_edge *edge)
{
    struct text from = drawing->nodes[edge->from].id, to = drawing->nodes[edge->to].id;
    bool overdue = edge->way == DRAW_OVERDUE;
    fprintf(out, "  %.*s -> %.*s [color=\"%s\"%s", (int)from.size, from.data, (int)to.size, to.data, ways[edge->way],
            overdue ? " style=dashed" : "");
    if (edge->lines.first) {
        fputs(" label=<", out);
        for (const struct draw_line *line = edge->lines.first; line; line = line->next) {
            fputs("&#160;", out); /* a little away from the edge */
            put_line(out, line, overdue ? ways[DRAW_OVERDUE] : colours[line->tone]);
            fputs("<BR ALIGN=\"LEFT\"/>", out);
        }
        putc('>', out);
    }
    fputs("];\n", out);
}

void draw_dot(const struct drawing *drawing, FILE *out)
{
    fputs("digraph workflow {\n", out);
    fprintf(out, "  graph [rankdir=TB nodesep=0.35 ranksep=0.45 labelloc=t fontsize=18 fontname=\"%s\" label=<<B>", fonts);
    put_text(out, drawing->title);
    fputs("</B>>];\n", out);
    fprintf(out, "  node [fontsize=12 fontname=\"%s\"];\n", fonts);
    fprintf(out, "  edge [fontsize=10 arrowsize=0.8 fontname=\"%s\"];\n", fonts);
    for (int32_t i = 0; i < drawing->node_count; i++)
        if (drawing->nodes[i].kind != DRAW_ABSENT)
            put_node(out, &drawing->nodes[i]);
    for (const struct draw_edge *edge = drawing->edges; edge; edge = edge->next)
        put_edge(out, drawing, edge);
    fputs("}\n", out);
}
