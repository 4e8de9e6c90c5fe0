/* receipt: see receipt.h. */
#include "engine/command/receipt.h"

#include "engine/command/row.h"
#include "engine/command/table.h"
#include "engine/refusal_words.h"

struct text receipt_id(struct arena *arena, struct text id)
{
    static const char digits[] = "0123456789abcdef";
    char *out = arena_take(arena, id.size * 2 + 5);
    size_t size = 0;
    for (size_t i = 0; i < id.size; i++) {
        if (id.size == ID_SIZE && (i == 4 || i == 6 || i == 8 || i == 10))
            out[size++] = '-';
        out[size++] = digits[(unsigned char)id.data[i] >> 4];
        out[size++] = digits[(unsigned char)id.data[i] & 15];
    }
    return (struct text){out, size};
}

/* "金农调字〔2026〕15号 (case 42)", or one of the two. */
static struct text case_words(const struct command_line *line, const struct message *answer)
{
    struct text number = answer->number;
    if (number.size == 0)
        return arena_print(line->arena, command_say(line, "case %llu", "案件 %llu"), (unsigned long long)answer->case_id);
    return arena_print(line->arena, command_say(line, "%.*s (case %llu)", "%.*s（案件 %llu）"), (int)number.size, number.data,
                       (unsigned long long)answer->case_id);
}

/* As people call it, when the row still stands where the answer says: something may have happened since. */
static struct text titled(const struct command_line *line, const struct value *row, const char *member, struct text name)
{
    return text_equal(row_text(row, member), name) ? row_title(line->arena, row, member, name, line->language == LANGUAGE_ZH) : name;
}

static void print_place(const struct command_line *line, const struct message *answer, const struct value *row)
{
    struct text end = titled(line, row, "end", answer->end), stage = titled(line, row, "s", answer->stage),
                level = titled(line, row, "l", answer->level), unit = titled(line, row, "u", answer->unit);
    if (end.size) {
        printf(command_say(line, "It has ended: %.*s.\n", "已结案: %.*s。\n"), (int)end.size, end.data);
        return;
    }
    if (stage.size == 0)
        return;
    printf(command_say(line, "Now: %.*s", "现处: %.*s"), (int)stage.size, stage.data);
    if (level.size)
        printf(command_say(line, " at %.*s", "，%.*s"), (int)level.size, level.data);
    if (unit.size)
        printf(command_say(line, ", %.*s", "，%.*s"), (int)unit.size, unit.data);
    if (answer->due) {
        struct text due = due_words(line->arena, row_text(row, "zone"), answer->due);
        printf(command_say(line, "; due %.*s", "；时限 %.*s"), (int)due.size, due.data);
    }
    struct text words = row_possible(line->arena, row, line->language == LANGUAGE_ZH);
    if (words.size) {
        printf(command_say(line, ". Possible: %.*s", "。可办: %.*s"), (int)words.size, words.data);
    }
    printf("\n");
}

static void print_applied(const struct command_line *line, enum message_kind sent, const struct message *answer, const struct value *row)
{
    if (sent == MESSAGE_DEPLOY) {
        printf(command_say(line, "Deployed %.*s %.*s version %u.\n", "已部署 %.*s %.*s 第 %u 版。\n"), (int)answer->what.size,
               answer->what.data, (int)answer->name.size, answer->name.data, answer->version);
        return;
    }
    struct text name = case_words(line, answer);
    const char *format = sent == MESSAGE_OPEN ? command_say(line, "Opened %.*s.\n", "已立案 %.*s。\n")
                                              : command_say(line, "Applied to %.*s.\n", "已生效 %.*s。\n");
    if (answer->case_id)
        printf(format, (int)name.size, name.data);
    else
        printf("%s\n", command_say(line, "Applied.", "已生效。"));
    struct text why = text_harmless_lines(line->arena, answer->why); /* that a ballot came too late, how a vote came out */
    if (why.size)
        printf("%.*s\n", (int)why.size, why.data);
    print_place(line, answer, row);
}

static void print_refused(const struct command_line *line, const struct message *answer)
{
    const char *code = err_name(answer->code);
    struct text why = text_harmless_lines(line->arena, answer->why);
    fprintf(stderr, "%s%s%s: %s\n", line->colour_err ? "\033[31m" : "", code, line->colour_err ? "\033[0m" : "",
            code_sentence(line, answer->code));
    struct text chinese = line->language == LANGUAGE_ZH ? refusal_zh(line->arena, why) : (struct text){0};
    if (why.size && !text_is(why, err_sentence(answer->code)))
        fprintf(stderr, "%.*s\n", (int)(chinese.size ? chinese : why).size, (chinese.size ? chinese : why).data);
    if (answer->possible.kind == VALUE_LIST && answer->possible.count) {
        struct text words = value_words(line->arena, &answer->possible);
        fprintf(stderr, command_say(line, "Possible now: %.*s\n", "现在可办: %.*s\n"), (int)words.size, words.data);
    }
    fprintf(stderr, command_say(line, "What to do: %s\n", "怎么办: %s\n"), code_advice(line, answer->code));
}

void receipt_print(const struct command_line *line, enum message_kind sent, const struct message *answer, const struct value *row)
{
    switch (answer->kind) {
    case MESSAGE_DUPLICATE:
        if (sent == MESSAGE_DEPLOY)
            printf("%s\n", command_say(line, "The same is deployed already:", "已部署过相同内容："));
        else
            printf("%s\n", command_say(line, "This event was applied before; it counts once. The first answer again:",
                                       "该事件此前已生效，不重复计算。首次的回答为："));
        print_applied(line, sent, answer, row);
        return;
    case MESSAGE_PARKED: {
        struct text until = due_words(line->arena, row_text(row, "zone"), answer->due);
        printf(command_say(line, "Parked: its case is not here yet. The event is kept until %.*s and decided when the case comes.\n",
                           "已暂存: 案件尚未到达。事件保留至 %.*s，案件到达时再处理。\n"),
               (int)until.size, until.data);
        return;
    }
    case MESSAGE_REFUSED:
    case MESSAGE_BUSY: print_refused(line, answer); return;
    default: print_applied(line, sent, answer, row); return;
    }
}
