/* record: keys order as their numbers do; rows and log records are read as they were written, and as nothing else; the stored bytes of
 * version 1, for ever. Whoever changes one of them follows the ritual of record.h. */
#include "engine/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char id_bytes[ID_SIZE] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, (char)0xff};
static const struct text id = {id_bytes, ID_SIZE}, other_id = {"0123456789abcdef", ID_SIZE};

/* ---- keys ---- */

static const uint32_t small[] = {0, 1, 255, 256, 65536, 0x7fffffff, 0x80000000, UINT32_MAX};
static const uint64_t large[] = {0, 1, 255, 256, UINT64_C(1) << 32, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX};
static const int64_t times[] = {INT64_MIN, INT64_MIN + 1, -86400000, -1, 0, 1, 1790211600000, INT64_MAX};

/* Each of these makes the i-th key of a row that must ascend. */
static struct record_key nth_partition(size_t i) { return key_log(small[i], UINT64_MAX - i); }
static struct record_key nth_log(size_t i) { return key_log(7, large[i]); }
static struct record_key nth_case(size_t i) { return key_case(7, large[i]); }
static struct record_key nth_incident(size_t i) { return key_incident(7, large[i]); }
static struct record_key nth_due(size_t i) { return key_deadline(7, times[i], UINT64_MAX - i, 9, 9); }
static struct record_key nth_due_case(size_t i) { return key_deadline(7, -5, large[i], (int32_t)(9 - i), 9); }
static struct record_key nth_due_kind(size_t i) { return key_deadline(7, -5, 3, (int32_t)i, (int32_t)(9 - i)); }
static struct record_key nth_due_which(size_t i) { return key_deadline(7, -5, 3, 2, (int32_t)(i * 1000)); }
static struct record_key nth_ready(size_t i) { return key_outbox(7, TEXT("print"), times[i], UINT64_MAX - i); }
static struct record_key nth_owed(size_t i) { return key_outbox(7, TEXT("print"), -5, large[i]); }
static struct record_key nth_unit(size_t i) { return key_open(7, small[i], UINT64_MAX - i); }
static struct record_key nth_open(size_t i) { return key_open(7, 12, large[i]); }
static struct record_key nth_parked(size_t i) { return key_parked(7, id, large[i]); }
static struct record_key nth_version(size_t i) { return key_deployed(7, TEXT("workflow"), TEXT("dispute"), small[i], 'S', UINT32_MAX); }
static struct record_key nth_piece(size_t i) { return key_deployed(7, TEXT("workflow"), TEXT("dispute"), 3, 'C', small[i]); }

static void keys_order_as_their_numbers_do(void **state)
{
    (void)state;
    static struct record_key (*const rows[])(size_t i) = {
        nth_partition, nth_log,   nth_case,  nth_incident, nth_due,  nth_due_case, nth_due_kind, nth_due_which,
        nth_ready,     nth_owed,  nth_unit,  nth_open,     nth_parked, nth_version,  nth_piece,
    };
    for (size_t row = 0; row < COUNT(rows); row++)
        for (size_t i = 1; i < 8; i++) {
            struct record_key before = rows[row](i - 1), after = rows[row](i);
            if (text_compare(key_text(&before), key_text(&after)) >= 0)
                fail_msg("row %zu: key %zu does not stand behind the one before it", row, i);
        }
}

/* One topic's rows stand together, also where one topic's name begins another's; so do the rows of a unit, a case key, a name. */
static void a_prefix_has_its_own_keys_and_no_others(void **state)
{
    (void)state;
    const struct {
        struct record_key prefix, own, other;
    } table[] = {
        {key_outbox_topic(0, TEXT("print")), key_outbox(0, TEXT("print"), 5, 6), key_outbox(0, TEXT("print-2"), 5, 6)},
        {key_outbox_topic(0, TEXT("print")), key_outbox(0, TEXT("print"), INT64_MIN, 0), key_outbox(1, TEXT("print"), 5, 6)},
        {key_open_unit(0, 258), key_open(0, 258, 1), key_open(0, 259, 1)},
        {key_parked_case(0, id), key_parked(0, id, 9), key_parked(0, other_id, 9)},
        {key_deployed_prefix(0, TEXT("workflow"), TEXT("a")), key_deployed(0, TEXT("workflow"), TEXT("a"), 1, 'H', 0),
         key_deployed(0, TEXT("workflow"), TEXT("ab"), 1, 'H', 0)},
        {key_roll(0, 258, 3, (struct text){0}), key_roll(0, 258, 3, TEXT("li")), key_roll(0, 258, 4, TEXT("li"))},
        {key_deployed_prefix(0, TEXT("calendar"), (struct text){0}), key_deployed(0, TEXT("calendar"), TEXT("cn"), 1, 'H', 0),
         key_deployed(0, TEXT("directory"), TEXT("cn"), 1, 'H', 0)},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_true(key_begins(key_text(&table[i].own), &table[i].prefix));
        assert_false(key_begins(key_text(&table[i].other), &table[i].prefix));
        assert_false(key_begins((struct text){(const char *)table[i].prefix.bytes, table[i].prefix.size - 1}, &table[i].prefix));
    }
}

static void assert_text(struct text text, const char *expected)
{
    if (!text_is(text, expected))
        fail_msg("'%.*s' is not '%s'", (int)text.size, text.data, expected);
}

static void keys_are_read_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(times); i++) {
        struct deadline_key row;
        struct record_key key = key_deadline(3, times[i], large[i], RECORD_CLOCK_PARKED, (int32_t)i);
        assert_true(key_read_deadline(key_text(&key), &row));
        assert_true(row.due == times[i] && row.case_id == large[i] && row.kind == RECORD_CLOCK_PARKED && row.which == (int32_t)i);
        struct text topic, what, name;
        int64_t ready_at;
        uint64_t task, case_id;
        uint32_t unit, version, piece;
        char part;
        key = key_outbox(3, TEXT("print"), times[i], large[i]);
        assert_true(key_read_outbox(key_text(&key), &topic, &ready_at, &task));
        assert_text(topic, "print");
        assert_true(ready_at == times[i] && task == large[i]);
        key = key_open(3, small[i], large[i]);
        assert_true(key_read_open(key_text(&key), &unit, &case_id) && unit == small[i] && case_id == large[i]);
        key = key_parked(3, id, large[i]);
        assert_true(key_read_u64_last(key_text(&key), &task) && task == large[i]);
        key = key_kept(3, large[i], small[i]);
        assert_true(key_read_kept(key_text(&key), &case_id, &version) && case_id == large[i] && version == small[i]);
        key = key_roll(3, large[i], small[i], TEXT("li"));
        assert_true(key_read_roll(key_text(&key), &case_id, &version, &name) && case_id == large[i] && version == small[i]);
        assert_text(name, "li");
        key = key_deployed(3, TEXT("directory"), TEXT("jinnong"), small[i], 'C', small[7 - i]);
        assert_true(key_read_deployed(key_text(&key), &what, &name, &version, &part, &piece));
        assert_text(what, "directory");
        assert_text(name, "jinnong");
        assert_true(version == small[i] && part == 'C' && piece == small[7 - i]);
    }
}

/* A copy with nothing behind it, so that reading on is found. */
static struct text exact(struct text text)
{
    char *copy = malloc(text.size ? text.size : 1);
    assert_non_null(copy);
    if (text.size)
        memcpy(copy, text.data, text.size);
    return (struct text){copy, text.size};
}

static void release(struct text text)
{
    free((char *)(uintptr_t)text.data);
}

static void keys_cut_short_are_not_read(void **state)
{
    (void)state;
    struct record_key keys[] = {key_deadline(0, 1, 2, 3, 4), key_open(0, 1, 2), key_log(0, 1)};
    struct deadline_key row;
    uint32_t unit, version, piece;
    uint64_t number;
    for (size_t i = 0; i < COUNT(keys); i++)
        for (size_t size = 0; size < keys[i].size; size++) {
            struct text cut = exact((struct text){(const char *)keys[i].bytes, size});
            assert_false(i == 0 && key_read_deadline(cut, &row));
            assert_false(i == 1 && key_read_open(cut, &unit, &number));
            assert_false(i == 2 && key_read_u64_last(cut, &number));
            release(cut);
        }
    struct text topic, what, name;
    int64_t ready_at;
    char part;
    struct record_key key = key_outbox(0, TEXT("p"), 1, 2), head = key_deployed(0, TEXT("workflow"), TEXT("d"), 1, 'H', 0);
    for (size_t size = 0; size < key.size; size++) {
        struct text cut = exact((struct text){(const char *)key.bytes, size});
        assert_false(key_read_outbox(cut, &topic, &ready_at, &number));
        release(cut);
    }
    for (size_t size = 0; size < head.size; size++) {
        struct text cut = exact((struct text){(const char *)head.bytes, size});
        assert_false(key_read_deployed(cut, &what, &name, &version, &part, &piece));
        release(cut);
    }
}

static char digit(uint8_t number)
{
    return "0123456789abcdef"[number & 15];
}

static const char *hex(struct text bytes)
{
    char *out = arena_take(&arena, 2 * bytes.size + 1);
    for (size_t i = 0; i < bytes.size; i++) {
        out[2 * i] = digit((uint8_t)bytes.data[i] >> 4);
        out[2 * i + 1] = digit((uint8_t)bytes.data[i]);
    }
    return out;
}

static const char *key_hex(struct record_key key)
{
    return hex(key_text(&key));
}

/* The keys of version 1, for ever. */
static void golden_keys(void **state)
{
    (void)state;
    assert_string_equal(key_hex(key_meta(0)), "000000007374617465");
    assert_string_equal(key_hex(key_meta_older(0)), "000000006f6c646572");
    assert_string_equal(key_hex(key_log(0, 258)), "000000000000000000000102");
    assert_string_equal(key_hex(key_case(1, 258)), "000000010000000000000102");
    assert_string_equal(key_hex(key_receipt(0, id, TEXT("local"))), "00000000000102030405060708090a0b0c0d0eff6c6f63616c");
    assert_string_equal(key_hex(key_deadline(0, 1, 2, 3, 4)), "00000000800000000000000100000000000000020300000004");
    assert_string_equal(key_hex(key_outbox(0, TEXT("a-b"), -1, 2)), "00000000612d62007fffffffffffffff0000000000000002");
    assert_string_equal(key_hex(key_open(0, 1007, 2)), "00000000000003ef0000000000000002");
    assert_string_equal(key_hex(key_case_key(0, id)), "00000000000102030405060708090a0b0c0d0eff");
    assert_string_equal(key_hex(key_number(0, TEXT("1号"))), "0000000031e58fb7");
    assert_string_equal(key_hex(key_counter(0, 'n', TEXT("s"))), "000000006e73");
    assert_string_equal(key_hex(key_parked(0, id, 5)), "00000000000102030405060708090a0b0c0d0eff0000000000000005");
    assert_string_equal(key_hex(key_incident(0, 512)), "000000000000000000000200");
    assert_string_equal(key_hex(key_deployed(0, TEXT("workflow"), TEXT("d"), 3, 'H', 0)), "000000007764000000000348" "00000000");
    assert_string_equal(key_hex(key_roll(0, 258, 3, TEXT("li"))), "00000000" "0000000000000102" "00000003" "6c69");
    assert_string_equal(key_hex(key_kept(0, 258, 3)), "00000000" "0000000000000102" "00000003");
    assert_string_equal(key_hex(key_recur(0, RECUR_RUNS, TEXT("w"), 258)), "00000000" "72" "77" "00" "00000102");
    assert_string_equal(key_hex(key_recur(0, RECUR_QUOTA, TEXT("w"), 0)), "00000000" "71" "77" "00" "00000000");
    assert_string_equal(key_hex(key_recur_unit(0, 258)), "00000000" "75" "00000102");
    assert_string_equal(key_hex(key_counter_year(0, TEXT("w"), 258, 2026)), "00000000" "71" "77" "00" "00000102" "000007ea");
}

/* ---- rows ---- */

static const struct meta_row a_meta = {.format = 1, .epoch = 0x01020304, .position = 0x1112131415161718, .hash = {0xaa, [31] = 0xbb}, .time = 1790211600000};
static const struct receipt_row a_receipt = {.position = 0x1112131415161718, .digest = 0x2122232425262728, .parked = true};
static const struct open_row an_open = {.workflow = 0x1112131415161718, .stage = 5, .flags = 0x1f};
static const struct outbox_row an_owed = {
    .kind = OUTBOX_TELL, .case_id = 11, .position = 12, .about = 13, .attempt = 14, .unit = 15,
    .worker = {"w1", 2}, .text_zh = {"漏水", 6}, .text_en = {"leak", 4},
};
static const struct parked_row a_parked = {.expires = -2, .id = {id_bytes, ID_SIZE}, .sender = {"local", 5}};
static const struct incident_row an_incident = {.case_id = 21, .position = 22, .time = 23, .attempts = 24, .topic = {"print", 5}, .why = {"no paper", 8}};
static const struct deployed_head a_head = {.position = 31, .hash = {0xcc, [31] = 0xdd}, .sources = 32, .compileds = 33, .applies_from = -1};
static const struct outbox_row a_word = {.kind = OUTBOX_SAY, .case_id = 41, .position = 42, .unit = 43, .said = {"word", 4}};
static const struct recur_row a_run = {.through = 20736, .last = -1, .case_id = 51, .turn_unit = 52, .turn = {"li", 2}, .why = {"nobody", 6}};
static const struct roll_row a_member = {.on_roll = true, .lanes = 2, .member = {.weight = {1, 6050}, .attended = true, .cast = true, .choice = 1},
                                         .proxies = 61, .position = 62, .by = {"wang", 4}, .sealed = {"\x01\x02", 2}};
static const uint64_t a_number = 0x1112131415161718;

#define FORM(name)                                                                                                                                    \
    static struct text encode_##name(const void *row) { return row_encode_##name(&arena, row); }                                                      \
    static enum err decode_##name(struct text bytes, void *row) { return row_decode_##name(bytes, row); }
FORM(meta)
FORM(receipt)
FORM(open)
FORM(outbox)
FORM(parked)
FORM(incident)
FORM(deployed)
FORM(recur)
FORM(roll)
static struct text encode_number(const void *row) { return row_encode_number(&arena, *(const uint64_t *)row); }
static enum err decode_number(struct text bytes, void *row) { return row_decode_number(bytes, row); }

union any_row {
    struct meta_row meta;
    struct receipt_row receipt;
    struct open_row open;
    struct outbox_row outbox;
    struct parked_row parked;
    struct incident_row incident;
    struct deployed_head deployed;
    struct recur_row recur;
    struct roll_row roll;
    uint64_t number;
};

static const struct {
    const char *name;
    struct text (*encode)(const void *row);
    enum err (*decode)(struct text bytes, void *row);
    const void *sample;
    const char *golden; /* version 1, for ever */
} forms[] = {
    {"meta", encode_meta, decode_meta, &a_meta,
     "01" "00000001" "01020304" "1112131415161718" "aa000000000000000000000000000000000000000000000000000000000000bb" "800001a0d0ed2e80"},
    {"receipt", encode_receipt, decode_receipt, &a_receipt, "01" "1112131415161718" "2122232425262728" "01"},
    {"open", encode_open, decode_open, &an_open, "01" "1112131415161718" "00000005" "0000001f"},
    {"outbox", encode_outbox, decode_outbox, &an_owed,
     "01" "02" "000000000000000b" "000000000000000c" "000000000000000d" "0000000e" "0000000f" "00000002" "7731" "00000006" "e6bc8fe6b0b4" "00000004" "6c65616b"},
    {"parked", encode_parked, decode_parked, &a_parked, "01" "7ffffffffffffffe" "00000010" "000102030405060708090a0b0c0d0eff" "00000005" "6c6f63616c"},
    {"incident", encode_incident, decode_incident, &an_incident,
     "01" "0000000000000015" "0000000000000016" "8000000000000017" "00000018" "00000005" "7072696e74" "00000008" "6e6f207061706572"},
    {"deployed", encode_deployed, decode_deployed, &a_head,
     "01" "000000000000001f" "cc000000000000000000000000000000000000000000000000000000000000dd" "00000020" "00000021" "ffffffff"},
    {"outbox, of what one case says to another", encode_outbox, decode_outbox, &a_word,
     "01" "03" "0000000000000029" "000000000000002a" "0000000000000000" "00000000" "0000002b" "00000000" "00000000" "00000000" "00000004" "776f7264"},
    {"recur", encode_recur, decode_recur, &a_run,
     "01" "00005100" "ffffffff" "0000000000000033" "00000034" "00000002" "6c69" "00000006" "6e6f626f6479"},
    {"roll", encode_roll, decode_roll, &a_member,
     "01" "19" "00000002" "0000000000000001" "00000000000017a2" "00000001" "0000003d" "000000000000003e" "00000004" "77616e67" "00000002" "0102"},
    {"number", encode_number, decode_number, &a_number, "01" "1112131415161718"},
};

static void golden_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++)
        if (strcmp(hex(forms[i].encode(forms[i].sample)), forms[i].golden) != 0)
            fail_msg("%s: %s instead of %s", forms[i].name, hex(forms[i].encode(forms[i].sample)), forms[i].golden);
}

/* Member by member, so that one which both ways forget or exchange is found. */
static void rows_are_read_as_they_were_written(void **state)
{
    (void)state;
    union any_row row;
    assert_int_equal(decode_meta(encode_meta(&a_meta), &row), ERR_OK);
    assert_true(row.meta.format == a_meta.format && row.meta.epoch == a_meta.epoch && row.meta.position == a_meta.position && row.meta.time == a_meta.time);
    assert_memory_equal(row.meta.hash, a_meta.hash, HASH_SIZE);
    assert_int_equal(decode_receipt(encode_receipt(&a_receipt), &row), ERR_OK);
    assert_true(row.receipt.position == a_receipt.position && row.receipt.digest == a_receipt.digest && row.receipt.parked);
    assert_int_equal(decode_open(encode_open(&an_open), &row), ERR_OK);
    assert_true(row.open.workflow == an_open.workflow && row.open.stage == an_open.stage && row.open.flags == an_open.flags);
    assert_int_equal(decode_outbox(encode_outbox(&an_owed), &row), ERR_OK);
    assert_true(row.outbox.kind == OUTBOX_TELL && row.outbox.case_id == 11 && row.outbox.position == 12 && row.outbox.about == 13);
    assert_true(row.outbox.attempt == 14 && row.outbox.unit == 15);
    assert_text(row.outbox.worker, "w1");
    assert_text(row.outbox.text_zh, "漏水");
    assert_text(row.outbox.text_en, "leak");
    assert_int_equal(decode_parked(encode_parked(&a_parked), &row), ERR_OK);
    assert_true(row.parked.expires == -2 && text_equal(row.parked.id, id));
    assert_text(row.parked.sender, "local");
    assert_int_equal(decode_incident(encode_incident(&an_incident), &row), ERR_OK);
    assert_true(row.incident.case_id == 21 && row.incident.position == 22 && row.incident.time == 23 && row.incident.attempts == 24);
    assert_text(row.incident.topic, "print");
    assert_text(row.incident.why, "no paper");
    assert_int_equal(decode_deployed(encode_deployed(&a_head), &row), ERR_OK);
    assert_true(row.deployed.position == 31 && row.deployed.sources == 32 && row.deployed.compileds == 33 && row.deployed.applies_from == -1);
    assert_memory_equal(row.deployed.hash, a_head.hash, HASH_SIZE);
    assert_int_equal(decode_outbox(encode_outbox(&a_word), &row), ERR_OK);
    assert_true(row.outbox.kind == OUTBOX_SAY && row.outbox.case_id == 41 && row.outbox.position == 42 && row.outbox.unit == 43);
    assert_text(row.outbox.said, "word");
    assert_int_equal(decode_recur(encode_recur(&a_run), &row), ERR_OK);
    assert_true(row.recur.through == 20736 && row.recur.last == -1 && row.recur.case_id == 51 && row.recur.turn_unit == 52);
    assert_text(row.recur.turn, "li");
    assert_text(row.recur.why, "nobody");
    assert_int_equal(decode_number(encode_number(&a_number), &row), ERR_OK);
    assert_true(row.number == a_number);
}

static void rows_of_another_size_are_refused(void **state)
{
    (void)state;
    union any_row row;
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct text bytes = forms[i].encode(forms[i].sample);
        for (size_t size = 0; size < bytes.size; size++) {
            struct text cut = exact((struct text){bytes.data, size});
            if (forms[i].decode(cut, &row) != ERR_CORRUPT)
                fail_msg("%s: the first %zu bytes are taken for a row", forms[i].name, size);
            release(cut);
        }
        char *longer = arena_take(&arena, bytes.size + 1);
        memcpy(longer, bytes.data, bytes.size);
        assert_int_equal(forms[i].decode((struct text){longer, bytes.size + 1}, &row), ERR_CORRUPT);
    }
}

/* Every byte turned into every other: what is read is what those bytes say, so writing it gives them again. */
static void changed_rows_are_refused_or_read_as_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct text changed = exact(forms[i].encode(forms[i].sample));
        char *at = (char *)(uintptr_t)changed.data;
        for (size_t place = 0; place < changed.size; place++)
            for (int by = 1; by < 256; by++) {
                union any_row row;
                struct arena_mark mark = arena_save(&arena);
                at[place] = (char)(at[place] ^ by);
                enum err code = forms[i].decode(changed, &row);
                if (code == ERR_OK)
                    assert_true(text_equal(forms[i].encode(&row), changed));
                else
                    assert_int_equal(code, place == 0 && (uint8_t)at[0] > 1 ? ERR_NEWER_FORMAT : ERR_CORRUPT);
                at[place] = (char)(at[place] ^ by);
                arena_rewind(&arena, mark);
            }
        release(changed);
    }
}

/* ---- records of the log ---- */

static struct value people_value(void)
{
    struct value *detail = ARENA_ARRAY(&arena, struct value, 4), *people = ARENA_ARRAY(&arena, struct value, 2);
    detail[0] = value_text(TEXT("id"));
    detail[1] = value_text(TEXT("app:zhao"));
    detail[2] = value_text(TEXT("sealed"));
    detail[3] = value_bytes("\0\xff", 2);
    people[0] = value_text(TEXT("app:qian"));
    people[1] = (struct value){.kind = VALUE_MAP, .count = 2, .items = detail};
    return (struct value){.kind = VALUE_LIST, .count = 2, .items = people};
}

/* An opening as it is every day, with all that can become of it. */
static struct log_record opening_record(void)
{
    struct field_value *data = ARENA_ARRAY(&arena, struct field_value, 3);
    data[0] = (struct field_value){.name = TEXT("applicant"), .value = people_value()};
    data[1] = (struct field_value){.name = TEXT("count"), .value = value_integer(-70000)};
    data[2] = (struct field_value){.name = TEXT("urgent"), .value = value_boolean(true)};
    struct text *who = ARENA_ARRAY(&arena, struct text, 2);
    who[0] = TEXT("li");
    who[1] = TEXT("mediator@jinnong");
    struct log_notice *notices = ARENA_ARRAY(&arena, struct log_notice, 2);
    notices[0] = (struct log_notice){.kind = NOTICE_HANDED_OVER, .who = who, .who_count = 2, .text_zh = TEXT("已立案"), .text_en = TEXT("opened")};
    struct log_change *changes = ARENA_ARRAY(&arena, struct log_change, 1);
    changes[0] = (struct log_change){.kind = CLOCK_REMIND, .which = 7, .before = -1, .after = 1790211600000};
    struct log_record record = {
        .epoch = 3, .time = 1790211600000, .effective = 1790211599000, .case_id = 1000, .previous = 999, .case_digest = 0x2122232425262728,
        .predecessor = {0xaa, [31] = 0xbb}, .stage = TEXT("consent"), .level = TEXT("building"), .unit = TEXT("jinnong/grid-3"),
        .end = TEXT("resolved"), .number = TEXT("1号"), .due = 1790300000000, .notices = notices, .notice_count = 2, .changes = changes, .change_count = 1,
        .event = {.kind = EVENT_OPEN, .id = id, .sender = TEXT("local"), .key = other_id, .workflow = TEXT("dispute"), .unit = TEXT("jinnong/grid-3"),
                  .as = TEXT("li"), .on_behalf = TEXT("app:zhao"), .has_happened_at = true, .happened_at = 0, .data = data, .data_count = 3, .held = true},
    };
    return record;
}

/* An event of the engine's own: as little as there can be. */
static struct log_record due_record(void)
{
    struct log_record record = {
        .epoch = 1, .time = 5, .effective = -5, .case_id = 1000, .previous = 1000, .case_digest = 1,
        .event = {.kind = EVENT_DUE, .subject = {.kind = CASE_REF_ID, .id = 1000}, .clock_kind = CLOCK_TASK, .clock_which = 2, .due = -6},
    };
    return record;
}

/* Everything that the two above do not have. Such a record there is not; but each member can be there. */
static struct log_record other_record(void)
{
    struct log_record record = {
        .event = {.kind = EVENT_FAIL, .subject = {.kind = CASE_REF_NUMBER, .text = TEXT("1号")}, .name = TEXT("raise"), .worker = TEXT("w1"), .task = 256001,
                  .topic = TEXT("print"), .ready_at = -7, .attempt = 2, .again = true, .lapsed = true, .why = TEXT("no paper"), .attempts_most = 8, .retry_base_ms = 1000,
                  .retry_most_ms = UINT32_MAX, .parked = 77, .sealed = TEXT("\x01\x02"), .code = ERR_PARKED_EXPIRED, .what = TEXT("workflow"),
                  .deployed = TEXT("dispute"), .version = 4, .part = 5, .parts = 6, .compiled = true, .bytes = TEXT("piece"), .hash = {0xcc, [31] = 0xdd},
                  .applies_from = -1},
    };
    return record;
}

/* What came with cases that speak to each other, the calendar that opens them, another version to go on under. */
static struct log_record said_record(void)
{
    struct field_value *previous = ARENA_ARRAY(&arena, struct field_value, 1);
    previous[0] = (struct field_value){.name = TEXT("grade"), .value = value_integer(3)};
    struct log_record record = {
        .event = {.kind = EVENT_CASE, .subject = {.kind = CASE_REF_KEY, .text = id}, .name = TEXT("child-ended"), .other = other_id, .child = 257, .end = TEXT("done"),
                  .other_case = 12, .other_number = TEXT("2号"), .other_unit = TEXT("jinnong"), .migrated_from = 13, .run = 20736, .run_through = 20737, .run_of = 14,
                  .turn = TEXT("li"), .missed = 2, .missed_from = 20700, .year = 2026, .year_count = 1, .year_least = 4, .previous = previous, .previous_count = 1},
        .note_zh = TEXT("记"), .note_en = TEXT("note"),
    };
    return record;
}

static void same_event(const struct event *a, const struct event *b)
{
    const struct text one[] = {a->id, a->sender, a->subject.text, a->key, a->workflow, a->unit, a->name, a->as, a->on_behalf, a->worker,
                               a->topic, a->why, a->sealed, a->what, a->deployed, a->bytes, a->other, a->end, a->other_number, a->other_unit, a->turn};
    const struct text other[] = {b->id, b->sender, b->subject.text, b->key, b->workflow, b->unit, b->name, b->as, b->on_behalf, b->worker,
                                 b->topic, b->why, b->sealed, b->what, b->deployed, b->bytes, b->other, b->end, b->other_number, b->other_unit, b->turn};
    for (size_t i = 0; i < COUNT(one); i++)
        assert_true(text_equal(one[i], other[i]));
    assert_true(a->kind == b->kind && a->subject.kind == b->subject.kind && a->subject.id == b->subject.id);
    assert_true(a->has_happened_at == b->has_happened_at && a->happened_at == b->happened_at && a->held == b->held);
    assert_true(a->task == b->task && a->ready_at == b->ready_at && a->attempt == b->attempt && a->again == b->again && a->lapsed == b->lapsed);
    assert_true(a->attempts_most == b->attempts_most && a->retry_base_ms == b->retry_base_ms && a->retry_most_ms == b->retry_most_ms);
    assert_true(a->clock_kind == b->clock_kind && a->clock_which == b->clock_which && a->due == b->due);
    assert_true(a->parked == b->parked && a->code == b->code && a->version == b->version && a->part == b->part && a->parts == b->parts);
    assert_true(a->compiled == b->compiled && a->applies_from == b->applies_from && a->data_count == b->data_count);
    assert_true(a->child == b->child && a->other_case == b->other_case && a->migrated_from == b->migrated_from);
    assert_true(a->run == b->run && a->run_through == b->run_through && a->run_of == b->run_of && a->missed == b->missed && a->missed_from == b->missed_from);
    assert_true(a->year == b->year && a->year_count == b->year_count && a->year_least == b->year_least && a->previous_count == b->previous_count);
    for (uint32_t i = 0; i < a->previous_count; i++)
        assert_true(text_equal(a->previous[i].name, b->previous[i].name) && value_equal(&a->previous[i].value, &b->previous[i].value));
    assert_memory_equal(a->hash, b->hash, sizeof a->hash);
    for (uint32_t i = 0; i < a->data_count; i++)
        assert_true(text_equal(a->data[i].name, b->data[i].name) && value_equal(&a->data[i].value, &b->data[i].value));
}

static void same_record(const struct log_record *a, const struct log_record *b)
{
    same_event(&a->event, &b->event);
    assert_true(a->epoch == b->epoch && a->time == b->time && a->effective == b->effective && a->case_id == b->case_id);
    assert_true(a->previous == b->previous && a->case_digest == b->case_digest && a->due == b->due);
    assert_memory_equal(a->predecessor, b->predecessor, HASH_SIZE);
    assert_true(text_equal(a->stage, b->stage) && text_equal(a->level, b->level) && text_equal(a->unit, b->unit));
    assert_true(text_equal(a->end, b->end) && text_equal(a->number, b->number));
    assert_true(text_equal(a->note_zh, b->note_zh) && text_equal(a->note_en, b->note_en));
    assert_true(a->notice_count == b->notice_count && a->change_count == b->change_count);
    for (uint32_t i = 0; i < a->notice_count; i++) {
        const struct log_notice *x = &a->notices[i], *y = &b->notices[i];
        assert_true(x->kind == y->kind && x->who_count == y->who_count && text_equal(x->text_zh, y->text_zh) && text_equal(x->text_en, y->text_en));
        for (uint32_t k = 0; k < x->who_count; k++)
            assert_true(text_equal(x->who[k], y->who[k]));
    }
    for (uint32_t i = 0; i < a->change_count; i++) {
        const struct log_change *x = &a->changes[i], *y = &b->changes[i];
        assert_true(x->kind == y->kind && x->which == y->which && x->before == y->before && x->after == y->after);
    }
}

static void records_are_read_as_they_were_written(void **state)
{
    (void)state;
    const struct log_record records[] = {opening_record(), due_record(), other_record(), said_record()};
    for (size_t i = 0; i < COUNT(records); i++) {
        struct log_record again;
        struct text bytes = log_encode(&arena, &records[i]);
        assert_int_equal(log_decode(&arena, bytes, &again), ERR_OK);
        same_record(&records[i], &again);
        assert_true(text_equal(log_encode(&arena, &again), bytes));
    }
}

/* Records of version 1, for ever. */
static void golden_records(void **state)
{
    (void)state;
    const struct log_record opening = opening_record(), due = due_record(), said = said_record();
    assert_string_equal(hex(log_encode(&arena, &opening)),
                        "01" "01" "0000" "00000003" "800001a0d0ed2e80" "800001a0d0ed2a98" "00000000000003e8" "00000000000003e7"
                        "2122232425262728" "800001a0d6320f00" "aa000000000000000000000000000000000000000000000000000000000000bb"
                        "de0011a26964c410000102030405060708090a0b0c0d0effa466726f6da56c6f63616ca36b6579c41030313233343536373839616263646566a177a764697370"
                        "757465a175ae6a696e6e6f6e672f677269642d33a26173a26c69a3666f72a86170703a7a68616fa2617400a16483a96170706c6963616e7492a86170703a7169"
                        "616e82a26964a86170703a7a68616fa67365616c6564c40200ffa5636f756e74d2fffeee90a6757267656e74c3a468656c64c3a153a7636f6e73656e74a14ca8"
                        "6275696c64696e67a155ae6a696e6e6f6e672f677269642d33a145a87265736f6c766564a24e6fa431e58fb7a4746f6c6492940a92a26c69b06d65646961746f"
                        "72406a696e6e6f6e67a9e5b7b2e7ab8be6a188a66f70656e6564940090a0a0a76368616e67656491940207ffcf000001a0d0ed2e80");
    assert_string_equal(hex(log_encode(&arena, &due)),
                        "01" "08" "0000" "00000001" "8000000000000005" "7ffffffffffffffb" "00000000000003e8" "00000000000003e8"
                        "0000000000000001" "8000000000000000" "0000000000000000000000000000000000000000000000000000000000000000"
                        "84a163cd03e8a5636c6f636b03a5776869636802a3647565fa");
    assert_string_equal(hex(log_encode(&arena, &said)),
                        "01" "0e" "0000" "00000000" "8000000000000000" "8000000000000000" "0000000000000000" "0000000000000000"
                        "0000000000000000" "8000000000000000" "0000000000000000000000000000000000000000000000000000000000000000"
                        "de0015a163c410000102030405060708090a0b0c0d0effa165ab6368696c642d656e646564a47072657681a5677261646503a56f74686572c410303132333435"
                        "36373839616263646566a56368696c64cd0101a76974732d656e64a4646f6e65aa6f746865722d636173650ca86f746865722d6e6fa432e58fb7a76f74686572"
                        "2d75a76a696e6e6f6e67a37761730da372756ecd5100a77468726f756768cd5101a26f660ea47475726ea26c69a66d697373656402ab6d69737365642d66726f"
                        "6dcd50dca479656172cd07eaa5636f756e7401a56c6561737404a67361792d7a68a3e8aeb0a67361792d656ea46e6f7465");
}

static void the_hash_is_the_leaf_of_a_merkle_tree(void **state)
{
    (void)state;
    const struct log_record due = due_record();
    struct text bytes = log_encode(&arena, &due);
    char *leaf = arena_take(&arena, bytes.size + 1);
    memcpy(leaf + 1, bytes.data, bytes.size); /* RFC 9162, 2.1.1: a leaf is hashed with 0x00 in front */
    uint8_t expected[HASH_SIZE], hash[HASH_SIZE];
    crypto_hash_sha256(expected, (const unsigned char *)leaf, bytes.size + 1);
    log_hash(bytes, hash);
    assert_memory_equal(hash, expected, HASH_SIZE);
}

static void records_cut_short_are_refused(void **state)
{
    (void)state;
    const struct log_record records[] = {opening_record(), due_record(), other_record(), said_record()};
    struct log_record again;
    for (size_t i = 0; i < COUNT(records); i++) {
        struct text bytes = log_encode(&arena, &records[i]);
        for (size_t size = 0; size < bytes.size; size++) {
            struct text cut = exact((struct text){bytes.data, size});
            if (log_decode(&arena, cut, &again) != ERR_CORRUPT)
                fail_msg("record %zu: the first %zu bytes are taken for one", i, size);
            release(cut);
        }
        char *longer = arena_take(&arena, bytes.size + 1);
        memcpy(longer, bytes.data, bytes.size);
        assert_int_equal(log_decode(&arena, (struct text){longer, bytes.size + 1}, &again), ERR_CORRUPT);
    }
}

/* Every byte turned into every other: refused, or a record that can be written and read again. */
static void changed_records_are_refused_or_are_records(void **state)
{
    (void)state;
    const struct log_record records[] = {opening_record(), due_record(), other_record(), said_record()};
    uint64_t read = 0;
    for (size_t i = 0; i < COUNT(records); i++) {
        struct text changed = exact(log_encode(&arena, &records[i]));
        char *at = (char *)(uintptr_t)changed.data;
        for (size_t place = 0; place < changed.size; place++)
            for (int by = 1; by < 256; by++) {
                struct log_record again, third;
                struct arena_mark mark = arena_save(&arena);
                at[place] = (char)(at[place] ^ by);
                enum err code = log_decode(&arena, changed, &again);
                if (code == ERR_OK) {
                    struct text written = log_encode(&arena, &again);
                    assert_int_equal(log_decode(&arena, written, &third), ERR_OK);
                    same_record(&again, &third);
                    read++;
                } else {
                    assert_int_equal(code, place == 0 && (uint8_t)at[0] > 1 ? ERR_NEWER_FORMAT : ERR_CORRUPT);
                }
                at[place] = (char)(at[place] ^ by);
                arena_rewind(&arena, mark);
            }
        release(changed);
    }
    assert_in_range(read, 10000, 250000); /* both ways were taken */
}

/* What the engine relies on when it decides a record again. */
static void what_cannot_be_decided_again_is_refused(void **state)
{
    (void)state;
    const struct log_record opening = opening_record(), due = due_record(), other = other_record();
    struct log_record records[20], again;
    size_t count = 0;
    char *word = arena_take(&arena, RECORD_WORD_MOST + 1);
    memset(word, 'x', RECORD_WORD_MOST + 1);
    const struct text long_word = {word, RECORD_WORD_MOST + 1};
    records[count] = opening, records[count++].event.kind = (enum event_kind)(EVENT_MIGRATE + 1);
    records[count] = opening, records[count++].event.kind = (enum event_kind)0;
    records[count] = opening, records[count++].event.id.size = ID_SIZE - 1;
    records[count] = opening, records[count++].event.key.size = ID_SIZE - 1;
    records[count] = opening, records[count++].event.key.size = 0;
    records[count] = opening, records[count++].event.sender = long_word;
    records[count] = opening, records[count++].event.subject = (struct case_ref){.kind = CASE_REF_KEY, .text = TEXT("short")};
    records[count] = opening, records[count++].event.subject = (struct case_ref){.kind = CASE_REF_NUMBER, .text = long_word};
    records[count] = opening, records[count++].event.kind = EVENT_PARK; /* without a subject */
    records[count] = opening, records[count++].event.kind = EVENT_UNPARK;
    records[count] = due, records[count++].event.subject = (struct case_ref){.kind = CASE_REF_KEY, .text = id};
    records[count] = due, records[count].event.kind = EVENT_RECOMPUTE, records[count++].event.subject.kind = CASE_REF_NONE;
    records[count] = other, records[count++].event.topic = long_word;
    records[count] = other, records[count].event.kind = EVENT_DEPLOY, records[count++].event.what = TEXT("wheel");
    records[count] = other, records[count].event.kind = EVENT_DEPLOY, records[count++].event.deployed.size = 0;
    records[count] = other, records[count].event.kind = EVENT_DEPLOY, records[count++].event.deployed = long_word;
    records[count] = other, records[count].event.kind = EVENT_DEPLOY, records[count++].event.parts = DEPLOY_PIECES_MOST + 1;
    records[count] = other, records[count].event.kind = EVENT_DEPLOY_PART, records[count++].event.part = UINT32_MAX;
    assert_true(count <= COUNT(records));
    for (size_t i = 0; i < count; i++)
        if (log_decode(&arena, log_encode(&arena, &records[i]), &again) != ERR_CORRUPT)
            fail_msg("record %zu is read", i);
}

/* ---- the digest ---- */

static struct event said_event(void)
{
    struct log_record record = opening_record();
    record.event.subject = (struct case_ref){.kind = CASE_REF_ID, .id = 5};
    return record.event;
}

/* Each member that a sender can say makes another event of it; so the same id with that is refused. */
static void the_digest_tells_apart_what_a_sender_can_say(void **state)
{
    (void)state;
    struct event same = said_event(), events[40];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(events); i++)
        events[i] = same;
    struct field_value *other_name = ARENA_ARRAY(&arena, struct field_value, 3), *other_value = ARENA_ARRAY(&arena, struct field_value, 3);
    memcpy(other_name, same.data, 3 * sizeof *other_name);
    memcpy(other_value, same.data, 3 * sizeof *other_value);
    other_name[1].name = TEXT("counts");
    other_value[1].value = value_integer(-70001);
    count++; /* as it is */
    events[count++].kind = EVENT_SEND;
    events[count++].id = other_id;
    events[count++].subject.id = 6;
    events[count++].subject = (struct case_ref){.kind = CASE_REF_KEY, .text = id};
    events[count++].subject = (struct case_ref){.kind = CASE_REF_KEY, .text = other_id};
    events[count++].subject = (struct case_ref){.kind = CASE_REF_NUMBER, .text = TEXT("5")};
    events[count++].key = id;
    events[count++].workflow = TEXT("disputes");
    events[count++].unit = TEXT("jinnong/grid-4");
    events[count++].name = TEXT("raise");
    events[count++].as = TEXT("wang");
    events[count++].on_behalf = TEXT("app:qian");
    events[count++].happened_at = 1;
    events[count++].has_happened_at = false;
    events[count++].held = false;
    events[count++].data_count = 2;
    events[count++].data = other_name;
    events[count++].data = other_value;
    events[count++].sealed = TEXT("sealed");
    events[count++].task = 9;
    events[count++].again = true;
    events[count++].why = TEXT("no paper");
    events[count++].what = TEXT("workflow");
    events[count++].deployed = TEXT("dispute");
    events[count++].version = 2;
    events[count++].hash[31] = 1;
    uint64_t digests[COUNT(events)];
    for (size_t i = 0; i < count; i++) {
        digests[i] = event_digest(&arena, &events[i]);
        for (size_t k = 0; k < i; k++)
            if (digests[i] == digests[k])
                fail_msg("events %zu and %zu have one digest", k, i);
    }
    /* A text that moves from one member to the next is another event too. */
    struct event moved = same, back = same;
    moved.workflow = TEXT(""), moved.unit = TEXT("dispute");
    back.workflow = TEXT("dispute"), back.unit = TEXT("");
    assert_true(event_digest(&arena, &moved) != event_digest(&arena, &back));
}

/* What the engine adds may be another thing when the event is repeated, and it is the same event all the same. */
static void the_digest_ignores_what_the_engine_adds(void **state)
{
    (void)state;
    struct event same = said_event(), added = same;
    added.sender = TEXT("other"); /* the receipt stands under it */
    added.worker = TEXT("w2");
    added.topic = TEXT("print");
    added.ready_at = 5;
    added.attempt = 3;
    added.attempts_most = 4;
    added.retry_base_ms = 5;
    added.retry_most_ms = 6;
    added.parked = 7;
    added.clock_kind = 1;
    added.clock_which = 2;
    added.due = 3;
    added.code = ERR_BUSY;
    size_t used = arena.total;
    assert_true(event_digest(&arena, &same) == event_digest(&arena, &added));
    assert_true(arena.total == used); /* and it leaves nothing behind */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(keys_order_as_their_numbers_do), TEST(a_prefix_has_its_own_keys_and_no_others), TEST(keys_are_read_back), TEST(keys_cut_short_are_not_read),
        TEST(golden_keys), TEST(golden_rows), TEST(rows_are_read_as_they_were_written), TEST(rows_of_another_size_are_refused),
        TEST(changed_rows_are_refused_or_read_as_they_are), TEST(records_are_read_as_they_were_written), TEST(golden_records),
        TEST(the_hash_is_the_leaf_of_a_merkle_tree), TEST(records_cut_short_are_refused), TEST(changed_records_are_refused_or_are_records),
        TEST(what_cannot_be_decided_again_is_refused), TEST(the_digest_tells_apart_what_a_sender_can_say), TEST(the_digest_ignores_what_the_engine_adds),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
