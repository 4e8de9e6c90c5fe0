/* directory_yaml: units, roles and people as the office writes them.
 *
 *     directory: jinnong               name in kebab-case; with `version` it names the content for ever
 *     version: 1
 *     levels:                          lowest first; one to DIRECTORY_DEPTH_MOST of them
 *       - {level: building, title: {zh: 楼院, en: Building}}
 *       - {level: grid, title: {zh: 网格, en: Grid}}
 *       - {level: district, title: {zh: 区, en: District}}
 *     roles:                           reach: holds only where it is given (here), or below that unit too (below)
 *       mediator: {title: {zh: 调解员, en: Mediator}, reach: here}
 *     units:                           by path; the one without a unit above it is the top
 *       east-district: {id: 1, level: district, title: 东区, calendar: cn-statutory}
 *       grid-3: {id: 31, level: grid, in: east-district, title: 三网格, short: 三格}
 *       grid-3/building-7: {id: 7, level: building, title: {zh: 七号楼, en: Building 7}}
 *       grid-4: {id: 32, level: grid, in: east-district, successor: grid-3}
 *     people:
 *       li: {name: 李某, holds: [{role: mediator, at: grid-3, from: 2026-01-01, until: 2026-12-31}]}
 *       wu: {name: 吴某, substitutes: [{for: li, role: mediator, at: grid-3, from: 2026-05-01, until: 2026-05-31}]}
 *       hu: {name: 胡某, acts-for: [{for: li, basis: 授权书 3 号, from: 2026-05-01, until: 2026-05-31}]}
 *
 * A unit belongs to the unit that its path names before the last piece, unless `in` says another one: so levels above, such as a
 * street, need not stand in the paths that people read. `id` is for ever: what changes its name or place keeps it. `calendar`
 * and `short` (the name in case numbers) hold for everything below, too. `serves: PATH` (or a list) makes a unit the one of its
 * level for that unit and everything below it: a mediation centre is nobody's ancestor. `successor` closes a unit: its cases
 * move there.
 *
 * A substitute holds the other's role on those days, beside the other. Who acts for another does what the other may, in the other's name; both are recorded. Once a
 * directory says `acts-for` of anyone, it says all: nobody acts for another person of it otherwise. (Who acts for a resident is the app's to say.) */
#ifndef STAIRCASE_DIRECTORY_YAML_H
#define STAIRCASE_DIRECTORY_YAML_H

#include "engine/directory.h"
#include "engine/yaml.h"

/* ERR_OK, or ERR_INVALID_SOURCE with every mistake in `problems` (which is begun here). `out` is bound, lives in the arena, and is
 * undefined unless ERR_OK; its hash and position are for who deploys it. */
enum err directory_read(struct arena *arena, const char *file, struct text source, struct problems *problems, struct directory *out);

/* The table of keys, for the schema. */
extern const struct keys directory_keys;

#endif
