/* prove: `staircase prove` gives out what somebody without this program can check against a published head (proto/check_proof.py): that the records of a
 * case stand in the log, or that the log of today begins with that of an older head. */
#include <sodium.h>

#include "engine/command/folder.h"
#include "engine/command/head.h"
#include "engine/command/talk.h"
#include "engine/command/word.h"

/* Short in a file, and what other programs for such trees take. */
static struct value base64(struct arena *arena, const void *bytes, size_t size)
{
    size_t room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
    char *out = arena_take(arena, room);
    sodium_bin2base64(out, room, bytes, size, sodium_base64_VARIANT_ORIGINAL);
    return value_text(text_of(out));
}

static struct value path_value(struct arena *arena, const struct tree_path *path)
{
    return base64(arena, path->hashes, path->count * sizeof *path->hashes);
}

/* ---- a case ---- */

static struct value record_row(struct arena *arena, const struct proof_record *record)
{
    struct map_maker map = map_begin(arena);
    map_put(&map, "path", path_value(arena, &record->leaf.path));
    map_put(&map, "position", value_integer((int64_t)record->leaf.index + 1));
    if (record->record.size)
        map_put(&map, "record", base64(arena, record->record.data, record->record.size));
    else
        map_put(&map, "leaf", base64(arena, record->leaf.hash.bytes, TREE_HASH));
    return map_end(&map);
}

static void print_case(const struct command_line *line, const struct proof_case *found)
{
    struct arena *arena = line->arena;
    struct map_maker map = map_begin(arena);
    struct list_maker records = {.arena = arena};
    bool named = false;
    for (uint32_t i = 0; i < found->count; i++) {
        list_add(&records, record_row(arena, &found->records[i]));
        named = named || found->records[i].record.size;
    }
    if (named) { /* whose records they are can be seen in those that are whole */
        map_put(&map, "case", value_integer((int64_t)found->id));
        map_put_text(&map, "number", found->number);
    }
    map_put(&map, "head", head_row(arena, &found->head));
    map_put(&map, "records", list_end(&records));
    struct value row = map_end(&map);
    talk_print_row(line, &row);
}

static int case_code(const struct command_line *line, enum err code, uint64_t size)
{
    if (code == ERR_NOT_FOUND) {
        command_progress_end(line);
        return command_fail(line, COMMAND_REFUSED, command_say(line, "the case was opened after the head of %llu records: name a newer one.",
                                                               "该案件在 %llu 条记录的日志头之后立案：请指定较新的日志头。"), (unsigned long long)size);
    }
    if (code == ERR_TOO_LARGE) {
        command_progress_end(line);
        return command_fail(line, COMMAND_REFUSED, command_say(line, "the case has more than %d records: too many for one proof.",
                                                               "该案件的记录超过 %d 条，一份证明容纳不下。"), PROOF_RECORDS_MOST);
    }
    return head_code(line, code);
}

/* A number that was typed with other brackets is tried as it is written officially. */
static enum err prove_named(const struct command_line *line, const struct proof *proof, struct case_ref ref, struct text person, uint64_t size,
                            struct proof_case *found)
{
    enum err code = proof_case(proof, line->arena, &ref, person, size, found);
    if (code == ERR_UNKNOWN_CASE && ref.kind == CASE_REF_NUMBER && word_official(line->arena, &ref.text))
        code = proof_case(proof, line->arena, &ref, person, size, found);
    return code;
}

static int prove_case(struct command_line *line, struct engine *engine)
{
    const struct proof proof = head_proof(line, engine);
    const char *as = command_value(line, "as");
    struct text person = text_of(as ? as : "");
    struct proof_case found;
    struct case_ref ref;
    uint64_t size;
    if (line->operand_count > 1)
        return command_misuse(line, "%s", command_say(line, "one case, or two heads with --consistency.", "请指定一个案件，或用 --consistency 指定两个日志头。"));
    if (!word_case(line, line->operands[0], &ref))
        return COMMAND_USAGE;
    if (person.size && !engine_knows_person(engine, person))
        return head_code(line, ERR_UNKNOWN_PERSON);
    int done = head_size(line, &proof, command_value(line, "head"), &size);
    if (done != COMMAND_DONE)
        return done;
    done = case_code(line, prove_named(line, &proof, ref, person, size, &found), size);
    if (done == COMMAND_DONE)
        print_case(line, &found);
    return done;
}

/* ---- two heads ---- */

static int prove_consistency(struct command_line *line, struct engine *engine)
{
    const struct proof proof = head_proof(line, engine);
    struct proof_head heads[2];
    struct tree_path path;
    uint64_t old = 0, size = 0;
    if (line->operand_count != 2 || command_value(line, "head") || command_value(line, "as"))
        return command_misuse(line, "%s", command_say(line, "--consistency takes the numbers of records of two heads, the older first, and nothing else.",
                                                      "--consistency 只需两个日志头的记录数，较旧的在前。"));
    int done = head_size(line, &proof, line->operands[0], &old);
    done = done ? done : head_size(line, &proof, line->operands[1], &size);
    if (done != COMMAND_DONE)
        return done;
    if (old > size)
        return command_misuse(line, "%s", command_say(line, "the older head comes first.", "较旧的日志头在前。"));
    done = head_code(line, proof_consistency(&proof, old, size, heads, &path));
    if (done != COMMAND_DONE)
        return done;
    struct map_maker map = map_begin(line->arena);
    map_put(&map, "old", head_row(line->arena, &heads[0]));
    map_put(&map, "new", head_row(line->arena, &heads[1]));
    map_put(&map, "path", path_value(line->arena, &path));
    struct value row = map_end(&map);
    talk_print_row(line, &row);
    return COMMAND_DONE;
}

static int run(struct command_line *line)
{
    struct folder folder;
    int done = folder_open(line, &folder);
    if (done == COMMAND_DONE)
        done = command_flag(line, "consistency") ? prove_consistency(line, folder.engine) : prove_case(line, folder.engine);
    folder_close(&folder);
    return done;
}

static const struct command_option options[] = {
    {"as", "PERSON", {"for whom it is: records with something private to others are given as their hash alone (default: nobody, so all with anything private)",
                      "给谁的证明：含他人非公开内容的记录只给哈希值（默认不指定，凡含非公开内容的都只给哈希值）"}, false},
    {"head", "N", {"against the head of N records (default: of all there are)", "依据 N 条记录的日志头（默认为全部记录）"}, false},
    {"consistency", NULL, {"prove that the log at NEW records begins with the log at OLD", "证明 NEW 条记录的日志以 OLD 条记录的日志开头"}, false},
    {0},
};

const struct command command_prove = {
    .name = "prove",
    .line = {"prove against a published head that a case stands in the log as it was", "依据已公布的日志头，证明案件记录在案且未被改动"},
    .synopsis = "CASE [--as PERSON] [--head N] | --consistency OLD NEW",
    .examples = {"  staircase prove 金农调字〔2026〕15号 --as app:zhao --head 1000 >proof.json\n"
                 "  proto/check_proof.py proof.json head.json 金农调字〔2026〕15号     anybody can, with head.json as it was published\n"
                 "  staircase prove --consistency 1000 2000 >consistent.json\n"
                 "  proto/check_proof.py consistent.json old-head.json new-head.json\n"
                 "The data folder is read, also while an engine runs on it, or a copy of it (--data COPY).\n",
                 "  staircase prove 金农调字〔2026〕15号 --as app:zhao --head 1000 >proof.json\n"
                 "  proto/check_proof.py proof.json head.json 金农调字〔2026〕15号     任何人都可核对，head.json 为已公布的日志头\n"
                 "  staircase prove --consistency 1000 2000 >consistent.json\n"
                 "  proto/check_proof.py consistent.json old-head.json new-head.json\n"
                 "读取数据目录，引擎运行时也可；或读取其副本（--data 副本）。\n"},
    .options = options,
    .operands_least = 1,
    .operands_most = 2,
    .run = run,
};
