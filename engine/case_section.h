/* case_section: a part of the stored form of a case that only some cases have: a vote, publications, children. See case_record.c, which
 * lists them; each is written by a file of its own, case_record_NOUN.c, and counted into case_size (case.c) and case_fits.
 *
 * A section is one msgpack array. Its number names it for ever; its content can grow only with CASE_VERSION. */
#ifndef STAIRCASE_CASE_SECTION_H
#define STAIRCASE_CASE_SECTION_H

#include "engine/case.h"
#include "proto/wire.h"

struct case_section {
    uint32_t number;
    bool (*present)(const struct case_state *state); /* something is in it: it is written */
    void (*put)(struct wire_writer *writer, const struct case_state *state);
    /* Believes nothing: sets reader->failed where sizes, ranges or the order of rows cannot be. Texts point into the bytes that are read. */
    void (*get)(struct wire_reader *reader, struct case_state *state);
};

/* For whoever reads one: what does not hold fails the reading, and a number that is out of bounds is the least. */
void section_holds(struct wire_reader *reader, bool holds);
int64_t section_number(struct wire_reader *reader, int64_t least, int64_t most);
int32_t section_row(struct wire_reader *reader, int32_t least, int32_t most);

extern const struct case_section case_section_polls;        /* 1: case_record_poll.c */
extern const struct case_section case_section_publications; /* 3: case_record_publications.c */
extern const struct case_section case_section_children;     /* 4: case_record_children.c */
extern const struct case_section case_section_rest;         /* 5: case_record_rest.c */
extern const struct case_section case_section_handlers;     /* 6: case_record_handlers.c */
extern const struct case_section case_section_links;        /* 7: case_record_links.c */
extern const struct case_section case_section_reopen;       /* 8: case_record_reopen.c */

#endif
