/* roll: one member of a roll, as a row of its own: a ballot writes one row, whether the roll has five members or five thousand.
 *
 * A roll is drawn when a stage with a vote is entered, and frozen: every member gets a row, keyed by the case, the roll's number in that
 * case (a case may draw several, one after the other) and the person. What the rows add up to stands in the case (struct case_poll).
 *
 * advance is pure: whose rows a decision needs poll_reads says, the engine reads them and gives them to it as values, and the rows that
 * change come back in the decision.
 *
 * A rating draws and keeps its raters in the same way: a lane per group of raters (vote.h), `choice` the row of a grade. */
#ifndef STAIRCASE_ROLL_H
#define STAIRCASE_ROLL_H

#include "engine/vote.h"

struct roll_row {
    uint32_t roll;             /* its number in the case */
    struct text person;
    bool on_roll;              /* false: not a member; gives ballots for members */
    uint32_t lanes;
    struct vote_member member;
    bool late;                 /* a ballot came after the close: it is in the history and nowhere else */
    uint32_t proxies;          /* for how many others this person has given a ballot */
    uint64_t position;         /* of the ballot that counts; 0: none */
    struct text by;            /* who gave it, where it was for the member */
    struct text sealed;        /* of a secret vote: the choice as it was sealed before the door */
};

#endif
