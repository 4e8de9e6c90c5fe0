/* message_members: see message_members.h. */
#include "proto/message_members.h"

#include <assert.h>

const struct member message_members[MEMBER_COUNT] = {
#define MEMBER_ROW(index, name, field, shape, most)                                                                    \
    {0xa0 | (sizeof(name) - 1), name, sizeof(name) - 1, shape, offsetof(struct message, field), most},
    MEMBERS(MEMBER_ROW)
#undef MEMBER_ROW
};

#define R_ MEMBER_BIT(REQUEST)
#define V_ MEMBER_BIT(VERSION)
#define ID_ MEMBER_BIT(ID)
#define KEY_ MEMBER_BIT(KEY)
#define C_ MEMBER_BIT(SUBJECT)
#define W_ MEMBER_BIT(WORKFLOW)
#define U_ MEMBER_BIT(UNIT)
#define E_ MEMBER_BIT(EVENT)
#define AS_ MEMBER_BIT(AS)
#define FOR_ MEMBER_BIT(FOR)
#define AT_ MEMBER_BIT(AT)
#define D_ MEMBER_BIT(DATA)
#define HELD_ MEMBER_BIT(HELD)
#define WHAT_ MEMBER_BIT(WHAT)
#define N_ MEMBER_BIT(NAME)
#define PART_ MEMBER_BIT(PART)
#define PARTS_ MEMBER_BIT(PARTS)
#define B_ MEMBER_BIT(BYTES)
#define HISTORY_ MEMBER_BIT(HISTORY)
#define S_ MEMBER_BIT(STAGE)
#define L_ MEMBER_BIT(LEVEL)
#define OVERDUE_ MEMBER_BIT(OVERDUE)
#define AFTER_ MEMBER_BIT(AFTER)
#define LIMIT_ MEMBER_BIT(LIMIT)
#define P_ MEMBER_BIT(POSITION)
#define T_ MEMBER_BIT(TIME)
#define CASE_ MEMBER_BIT(CASE)
#define NO_ MEMBER_BIT(NUMBER)
#define DUE_ MEMBER_BIT(DUE)
#define END_ MEMBER_BIT(END)
#define CODE_ MEMBER_BIT(CODE)
#define WHY_ MEMBER_BIT(WHY)
#define DO_ MEMBER_BIT(DO)
#define CAN_ MEMBER_BIT(CAN)
#define ROWS_ MEMBER_BIT(ROWS)
#define MORE_ MEMBER_BIT(MORE)
#define TOPICS_ MEMBER_BIT(TOPICS)
#define CREDIT_ MEMBER_BIT(CREDIT)
#define TASK_ MEMBER_BIT(TASK)
#define LEASE_ MEMBER_BIT(LEASE)
#define MS_ MEMBER_BIT(MS)
#define TRY_ MEMBER_BIT(TRY)
#define AGAIN_ MEMBER_BIT(AGAIN)
#define TOPIC_ MEMBER_BIT(TOPIC)
#define ABOUT_ MEMBER_BIT(ABOUT)

/* Applied and duplicate are the same answer under two names. */
#define RECEIPT_ \
    (ID_ | KEY_ | CASE_ | NO_ | W_ | V_ | U_ | S_ | L_ | DUE_ | END_ | HELD_ | WHAT_ | N_ | PART_ | PARTS_ | TASK_ | WHY_)

const struct message_carries message_carries[MESSAGE_KIND_COUNT] = {
#define KIND(kind, name, must, may) [MESSAGE_##kind] = {{(name), sizeof(name) - 1}, (must), (may)}
    KIND(HELLO, "hello", R_ | V_ | WHAT_, 0),
    KIND(OPEN, "open", R_ | ID_ | KEY_ | W_ | U_ | AS_, FOR_ | AT_ | D_ | HELD_),
    KIND(SEND, "send", R_ | ID_ | C_ | E_ | AS_, FOR_ | AT_ | D_ | TASK_ | LEASE_),
    KIND(RELEASE, "release", R_ | ID_ | C_ | AS_, FOR_),
    KIND(DEPLOY, "deploy", R_ | ID_ | AS_ | WHAT_ | N_ | PART_ | PARTS_ | B_, V_),
    KIND(MIGRATE, "migrate", R_ | ID_ | C_ | W_ | V_ | AS_, FOR_ | D_),
    KIND(RETRY, "retry", R_ | ID_ | AS_ | TASK_, C_ | FOR_),
    KIND(ERASE, "erase", R_ | ID_ | AS_ | FOR_ | WHY_, 0),
    KIND(SHOW, "show", R_ | C_, AS_ | HISTORY_ | AFTER_ | LIMIT_),
    KIND(EXPLAIN, "explain", R_ | C_, W_ | V_ | E_ | AS_ | FOR_ | D_ | AFTER_ | LIMIT_),
    KIND(LIST, "list", R_, C_ | AS_ | FOR_ | WHAT_ | W_ | U_ | S_ | L_ | OVERDUE_ | AFTER_ | LIMIT_),
    KIND(INCIDENTS, "incidents", R_, AS_ | U_ | C_ | AFTER_ | LIMIT_),
    KIND(STATUS, "status", R_, AS_ | WHAT_),
    KIND(WATCH, "watch", R_ | CREDIT_, AS_ | WHAT_ | P_ | W_ | U_ | C_),
    KIND(CREDIT, "credit", CREDIT_, R_),
    KIND(BEAT, "beat", 0, R_),
    KIND(WELCOME, "welcome", R_ | V_, WHAT_ | P_ | T_),
    KIND(APPLIED, "applied", R_ | P_ | T_, RECEIPT_),
    KIND(DUPLICATE, "duplicate", R_ | P_ | T_, RECEIPT_),
    KIND(PARKED, "parked", R_, ID_ | KEY_ | P_ | T_ | DUE_),
    KIND(REFUSED, "refused", R_ | CODE_ | WHY_ | DO_,
         ID_ | CAN_ | ROWS_ | P_ | T_ | CASE_ | NO_ | U_ | S_ | L_ | DUE_ | END_ | WHAT_ | N_ | TASK_),
    KIND(BUSY, "busy", R_ | AFTER_, ID_ | CODE_ | WHY_ | DO_),
    KIND(RESULT, "result", R_ | ROWS_, MORE_ | AFTER_ | P_ | T_),
    KIND(NEWS, "news", R_ | P_ | T_ | ROWS_, CASE_ | MORE_),
    KIND(REGISTER, "register", R_ | WHAT_ | TOPICS_ | CREDIT_, V_ | U_),
    KIND(REGISTERED, "registered", R_ | MS_, V_ | WHAT_ | P_ | T_),
    KIND(TASK, "task", TASK_ | LEASE_ | MS_ | TRY_ | TOPIC_ | ROWS_, WHAT_ | CASE_ | NO_ | KEY_ | DUE_ | P_ | T_),
    KIND(CANCEL, "cancel", TASK_ | LEASE_, ABOUT_ | MS_ | TRY_ | TOPIC_ | CASE_ | NO_ | KEY_ | P_ | T_ | WHY_ | ROWS_),
    KIND(ACCEPT, "accept", R_ | TASK_ | LEASE_, ID_),
    KIND(SETTLE, "settle", R_ | TASK_ | LEASE_, ID_ | D_ | WHY_),
    KIND(FAIL, "fail", R_ | TASK_ | LEASE_ | WHY_, ID_ | AGAIN_ | AFTER_),
#undef KIND
};

const char *message_kind_name(enum message_kind kind)
{
    assert((unsigned)kind < MESSAGE_KIND_COUNT);
    return message_carries[kind].name.data;
}
