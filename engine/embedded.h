/* embedded: files of config/ that the program brings along, so that a scenario needs nothing but its workflow beside it. */
#ifndef STAIRCASE_EMBEDDED_H
#define STAIRCASE_EMBEDDED_H

#include "proto/text.h"

struct text embedded_calendar(void);  /* config/calendar-cn.yaml */
struct text embedded_directory(void); /* config/practice-directory.yaml */

#endif
