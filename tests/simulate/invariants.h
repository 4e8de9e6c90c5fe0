/* invariants: the promises that are looked after, and what can be broken on purpose to see that they are.
 *
 * Each invariant bears its promise's name (design section 1, and some that stand between the lines). `simulate --break NAME` breaks
 * one thing in the harness, never in the engine, and mutes every other invariant: the one that looks after it must see it by itself. */
#ifndef STAIRCASE_SIMULATE_INVARIANTS_H
#define STAIRCASE_SIMULATE_INVARIANTS_H

/* X(NAME, name, what it says) */
#define INVARIANTS(X)                                                                                                  \
    X(ACKNOWLEDGED_IS_KEPT, acknowledged_is_kept, "what was answered applied is in the log, whatever crashes")         \
    X(ONCE_ONLY, once_only, "an event of a sender is applied once")                                                    \
    X(SAME_ANSWER, same_answer, "every repeat gets the first answer")                                                  \
    X(REFUSALS_ARE_TRUE, refusals_are_true, "what is refused as unknown, taken or used is so")                         \
    X(EVERY_MESSAGE_ENDS, every_message_ends, "every message has an answer, a parked one exactly one final answer")    \
    X(NOTHING_UNCOMMITTED_LEAVES, nothing_uncommitted_leaves, "answers and tasks speak only of what is on disk")       \
    X(EVERYTHING_OWED_ARRIVES, everything_owed_arrives, "every task is settled, held by its worker, or an incident")   \
    X(HISTORY_EXPLAINS_STATE, history_explains_state, "replaying the log gives the same state, byte for byte")         \
    X(CHAIN_HOLDS, chain_holds, "the log has no gap and every record names the one before it")                         \
    X(DEADLINES_HOLD, deadlines_hold, "nothing due stays unfired; nothing fires early or twice")                       \
    X(ONLY_WHO_MAY, only_who_may, "what was applied was sent by someone who may")                                      \
    X(KNOWN_STATES_ONLY, known_states_only, "stage, level, unit and end of every case are of its workflow and directory") \
    X(ONE_OWNER_PER_LEASE, one_owner_per_lease, "a task is leased to one worker at a time")                            \
    X(IMPORTED_IS_SILENT, imported_is_silent, "an imported case sends nothing out until it is released")               \
    X(CREDIT_IS_KEPT, credit_is_kept, "no worker is handed more than it has asked for")                                \
    X(INDEXES_AGREE, indexes_agree, "every index row belongs to a case and every case has its rows")                   \
    X(NUMBERS_ARE_UNIQUE, numbers_are_unique, "no two cases have one number or one key")                               \
    X(PRIVATE_STAYS_SEALED, private_stays_sealed, "nothing private stands anywhere in clear")                          \
    X(AS_PREDICTED, as_predicted, "stage, level, end and deadline are what a naive model says")                        \
    X(HEARD_ONCE, heard_once, "a child is opened once and its end comes back once, or an incident stands on its parent") \
    X(BALLOTS_ADD_UP, ballots_add_up, "a ballot counts once, and a tally is what the rows of its roll come to")              \
    X(ROLLS_STAY, rolls_stay, "a roll never changes its members after it was drawn")                                          \
    X(SECRETS_COUNTED_ONCE, secrets_counted_once, "a secret vote is counted once and rightly, and its key is gone afterwards")  \
    X(RUNS_ONCE, runs_once, "each day of a recurrence opens one run or is reported")                                          \
    X(YEARS_CLOSED_ONCE, years_closed_once, "a year is closed once, with as many cases as have ended in it")                  \
    X(STOPPED_IS_STILL, stopped_is_still, "no clock fires while it is stopped")                                               \
    X(PUBLISHED_COMES_DOWN, published_comes_down, "what is published is down when it should be")                              \
    X(FORGOTTEN_IS_GONE, forgotten_is_gone, "what a case held of people is gone when its time is over")                       \
    X(ERASED_IS_GONE, erased_is_gone, "what is private of a person who was erased can be opened by nobody")             \
    X(ONLY_THE_DISK_FAILS, only_the_disk_fails, "the engine reports an error only when the store gave one")

enum invariant {
#define INVARIANT_ENUM(NAME, name, says) INVARIANT_##NAME,
    INVARIANTS(INVARIANT_ENUM)
#undef INVARIANT_ENUM
    INVARIANT_COUNT
};

/* X(NAME, name, invariant that must see it, what it does) */
#define BREAKS(X)                                                                                                      \
    X(LOSE_LAST, "lose-last-commit", ACKNOWLEDGED_IS_KEPT, "a crash takes the last committed batch with it")           \
    X(FORGET_RECEIPTS, "forget-receipts", ONCE_ONLY, "receipts vanish behind the engine's back")                       \
    X(OTHER_ANSWER, "other-answer", SAME_ANSWER, "a repeat is answered with another time")                             \
    X(FALSE_REFUSAL, "false-refusal", REFUSALS_ARE_TRUE, "events of cases that are here are refused as unknown")       \
    X(SWALLOW_ANSWER, "swallow-answer", EVERY_MESSAGE_ENDS, "some requests are never answered")                        \
    X(ANSWER_EARLY, "answer-early", NOTHING_UNCOMMITTED_LEAVES, "answers leave before the commit")                     \
    X(DROP_OUTBOX, "drop-outbox-row", EVERYTHING_OWED_ARRIVES, "a row of the outbox vanishes")                         \
    X(FORGET_CANCEL, "forget-cancel", EVERYTHING_OWED_ARRIVES, "cancellations never reach the worker")                 \
    X(EDIT_CASE, "edit-case", HISTORY_EXPLAINS_STATE, "a byte of a stored case changes")                               \
    X(EDIT_LOG, "edit-log", CHAIN_HOLDS, "a byte of a stored record changes")                                          \
    X(FIRE_EARLY, "fire-early", DEADLINES_HOLD, "the engine is told that it is tomorrow")                              \
    X(BELIEVE_CLOCK, "believe-clock", DEADLINES_HOLD, "the host believes a clock that jumps by hours or years")             \
    X(LOSE_DEADLINE, "lose-deadline", DEADLINES_HOLD, "a row of the deadlines vanishes")                               \
    X(NEVER_FIRE, "never-fire", DEADLINES_HOLD, "nobody asks what is due")                                             \
    X(ANYBODY, "anybody", ONLY_WHO_MAY, "the engine gets a directory in which a grid worker is supervisor")                                    \
    X(UNKNOWN_STAGE, "unknown-stage", KNOWN_STATES_ONLY, "a case gets a stage that its workflow has not")              \
    X(DOUBLE_LEASE, "double-lease", ONE_OWNER_PER_LEASE, "a task is handed to two workers")                            \
    X(NOISY_IMPORT, "noisy-import", IMPORTED_IS_SILENT, "the audit takes every case for an imported one")              \
    X(MORE_CREDIT, "more-credit", CREDIT_IS_KEPT, "the engine hears of more credit than a worker gives")                     \
    X(DEAF_OUTBOX, "deaf-outbox", EVERYTHING_OWED_ARRIVES, "the outbox is not told that something new is owed")        \
    X(DROP_INDEX, "drop-index-row", INDEXES_AGREE, "a row of the open cases vanishes")                                 \
    X(TURN_COUNTER, "turn-counter-back", NUMBERS_ARE_UNIQUE, "a counter of case numbers goes back, and nobody knows which were given")                    \
    X(SKIP_SEALING, "skip-sealing", PRIVATE_STAYS_SEALED, "private fields come in at the door under a public name")    \
    X(WRONG_CALENDAR, "wrong-calendar", AS_PREDICTED, "the model counts a day of the spring break as worked")                 \
    X(SKIP_LEVEL, "skip-level", AS_PREDICTED, "the model climbs two levels at once")                                   \
    X(DROP_SAID, "drop-said", HEARD_ONCE, "what one case has to say to another vanishes on the way")                 \
    X(LOSE_BALLOT, "lose-ballot", BALLOTS_ADD_UP, "a row of a roll forgets its ballot")                                 \
    X(LATE_MEMBER, "late-member", ROLLS_STAY, "somebody is written onto a roll")                                       \
    X(MISCOUNT, "miscount", SECRETS_COUNTED_ONCE, "a secret ballot is counted for another choice")                     \
    X(KEEP_VOTE_KEY, "keep-vote-key", SECRETS_COUNTED_ONCE, "the keys of votes come back from a copy")                 \
    X(RUN_AGAIN, "run-again", RUNS_ONCE, "a crash takes along how far a recurrence has come")                          \
    X(LOSE_RUN, "lose-run", RUNS_ONCE, "a crash leaves a recurrence a fortnight ahead")                                \
    X(TURN_YEAR, "turn-year", YEARS_CLOSED_ONCE, "a count of a year goes up by one")                                   \
    X(YEAR_AGAIN, "year-again", YEARS_CLOSED_ONCE, "a crash takes along which years are closed")                       \
    X(TICK_STOPPED, "tick-stopped", STOPPED_IS_STILL, "a clock that was stopped goes on by itself")                    \
    X(KEEP_PUBLISHED, "keep-published", PUBLISHED_COMES_DOWN, "a publication loses its clock")                         \
    X(KEEP_PERSON_KEY, "keep-person-key", ERASED_IS_GONE, "the keys of persons who are erased are not destroyed")       \
    X(KEEP_CASE_KEY, "keep-case-key", FORGOTTEN_IS_GONE, "the keys of cases are not destroyed")                        \
    X(SILENT_FAULT, "silent-fault", ONLY_THE_DISK_FAILS, "the store fails without having been told to")

enum broken {
    BREAK_NOTHING,
#define BREAK_ENUM(NAME, name, invariant, does) BREAK_##NAME,
    BREAKS(BREAK_ENUM)
#undef BREAK_ENUM
    BREAK_COUNT
};

const char *invariant_name(enum invariant which);
const char *invariant_says(enum invariant which);
const char *broken_name(enum broken which);
const char *broken_does(enum broken which);
enum invariant broken_invariant(enum broken which);

#endif
