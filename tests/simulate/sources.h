/* sources: what the simulated office deploys, read and compiled once for all runs: calendar, directory, workflows, and the newer versions
 * of them that come in the middle of a run. */
#ifndef STAIRCASE_SIMULATE_SOURCES_H
#define STAIRCASE_SIMULATE_SOURCES_H

#include "engine/source.h"

enum source_name {
    SOURCE_CALENDAR_1, SOURCE_DIRECTORY_1, SOURCE_STAIRS_1, SOURCE_WORKS_1, SOURCE_BENCH, SOURCE_DISPUTE, SOURCE_MATTER, SOURCE_FAMILY, SOURCE_MEMBER,
    SOURCE_COUNCIL, SOURCE_ROUNDS, SOURCE_DRAWN_1,
    SOURCE_FIRST_LATER, /* these come later */
    SOURCE_CALENDAR_2 = SOURCE_FIRST_LATER, SOURCE_CALENDAR_3, SOURCE_CALENDAR_4, SOURCE_CALENDAR_5, SOURCE_DIRECTORY_2, SOURCE_STAIRS_2, SOURCE_WORKS_2,
    SOURCE_COUNCIL_2, SOURCE_ROUNDS_2, SOURCE_DRAWN_2,
    SOURCE_COUNT,
    SOURCE_DIRECTORY_WRONG = SOURCE_COUNT, /* for --break anybody */
    SOURCE_FILES
};

struct sim_source {
    const char *name;
    struct text text;
    struct source source;
};

/* Reads files below `root` (the repository). false: it has said what is wrong. */
bool sources_load(const char *root);
void sources_unload(void);
/* Draws the workflow of this seed (drawn.h). */
void sources_draw(uint64_t seed);
const struct sim_source *source_of(enum source_name name);
/* The workflow of that name, in its newest version that is among the sources; NULL: none. */
const struct workflow *source_workflow(struct text name, uint32_t version);
const struct directory *source_directory(void); /* the first */

#endif
