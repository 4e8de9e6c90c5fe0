/* fuzz_rows: the small rows of the store, behind their checksums, and its keys. The first byte says which. What decodes is canonical from then on. */
#include "engine/record.h"
#include "tests/campaign/fuzz.h"

#define TRY(name)                                                                                                      \
    static void try_##name(struct arena *arena, struct text bytes)                                                     \
    {                                                                                                                  \
        struct name##_row row, again;                                                                                  \
        if (row_decode_##name(bytes, &row) != ERR_OK)                                                                  \
            return;                                                                                                    \
        struct text once = row_encode_##name(arena, &row);                                                             \
        MUST(row_decode_##name(once, &again) == ERR_OK);                                                               \
        MUST(text_equal(once, row_encode_##name(arena, &again)));                                                      \
    }
TRY(meta)
TRY(receipt)
TRY(open)
TRY(outbox)
TRY(parked)
TRY(incident)
TRY(recur)
TRY(roll)

static void try_deployed(struct arena *arena, struct text bytes)
{
    struct deployed_head row, again;
    if (row_decode_deployed(bytes, &row) != ERR_OK)
        return;
    struct text once = row_encode_deployed(arena, &row);
    MUST(row_decode_deployed(once, &again) == ERR_OK);
    MUST(text_equal(once, row_encode_deployed(arena, &again)));
}

static void try_kept(struct arena *arena, struct text bytes)
{
    struct value value, again;
    if (row_decode_kept(arena, bytes, &value) != ERR_OK)
        return;
    struct text once = row_encode_kept(arena, &value);
    MUST(row_decode_kept(arena, once, &again) == ERR_OK);
    MUST(text_equal(once, row_encode_kept(arena, &again)));
}

static void try_number(struct arena *arena, struct text bytes)
{
    uint64_t number, again;
    if (row_decode_number(bytes, &number) != ERR_OK)
        return;
    MUST(row_decode_number(row_encode_number(arena, number), &again) == ERR_OK && number == again);
}

static void try_keys(struct arena *arena, struct text bytes)
{
    struct deadline_key deadline;
    struct text first, second;
    int64_t time;
    uint64_t number;
    uint32_t other, third;
    char part;
    (void)arena;
    key_read_deadline(bytes, &deadline);
    key_read_outbox(bytes, &first, &time, &number);
    key_read_open(bytes, &other, &number);
    key_read_u64_last(bytes, &number);
    key_read_kept(bytes, &number, &other);
    key_read_roll(bytes, &number, &other, &first);
    key_read_deployed(bytes, &first, &second, &other, &part, &third);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct arena *arena, struct text bytes) = {try_meta, try_receipt, try_open, try_outbox, try_parked, try_incident,
                                                                            try_recur, try_roll, try_deployed, try_kept, try_number, try_keys};
    struct arena arena;
    arena_init(&arena);
    if (size > 0)
        tries[data[0] % (sizeof tries / sizeof *tries)](&arena, fuzz_text(data + 1, size - 1));
    arena_close(&arena);
    return 0;
}
