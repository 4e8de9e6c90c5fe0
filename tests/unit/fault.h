/* fault: the nth allocation or send of our objects fails, once. For tests named *_nth_test, which the Makefile links with --wrap, so that
 * every call goes through here and nothing in the program knows of it. Allocations of the libraries themselves are not among them.
 *
 *     for (uint64_t n = 1; fault_arm(FAULT_ALLOCATE, n, ENOMEM), code = what_is_tested(), fault_hit(); n++) …
 */
#ifndef STAIRCASE_TESTS_FAULT_H
#define STAIRCASE_TESTS_FAULT_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <zmq.h>

enum fault_kind { FAULT_NONE, FAULT_ALLOCATE, FAULT_SEND };

static struct {
    enum fault_kind kind;
    uint64_t countdown;
    int error;
    bool hit;
} fault;

/* The nth call of that kind from now (1: the next) fails with `error` in errno. */
static inline void fault_arm(enum fault_kind kind, uint64_t n, int error)
{
    fault.kind = kind;
    fault.countdown = n;
    fault.error = error;
    fault.hit = false;
}

/* Whether it failed. Nothing fails from now on. */
static inline bool fault_hit(void)
{
    fault.kind = FAULT_NONE;
    return fault.hit;
}

static inline bool fault_now(enum fault_kind kind)
{
    if (fault.kind != kind || fault.countdown == 0 || --fault.countdown > 0)
        return false;
    errno = fault.error;
    fault.hit = true;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *string);
int __real_zmq_send(void *socket, const void *bytes, size_t size, int flags);
int __real_zmq_msg_send(zmq_msg_t *message, void *socket, int flags);
int __real_zmq_msg_init_size(zmq_msg_t *message, size_t size);
int __wrap_zmq_msg_init_size(zmq_msg_t *message, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *string);
int __wrap_zmq_send(void *socket, const void *bytes, size_t size, int flags);
int __wrap_zmq_msg_send(zmq_msg_t *message, void *socket, int flags);

void *__wrap_malloc(size_t size)
{
    return fault_now(FAULT_ALLOCATE) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fault_now(FAULT_ALLOCATE) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fault_now(FAULT_ALLOCATE) ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *string)
{
    return fault_now(FAULT_ALLOCATE) ? NULL : __real_strdup(string);
}

int __wrap_zmq_send(void *socket, const void *bytes, size_t size, int flags)
{
    return fault_now(FAULT_SEND) ? -1 : __real_zmq_send(socket, bytes, size, flags);
}

int __wrap_zmq_msg_init_size(zmq_msg_t *message, size_t size)
{
    return fault_now(FAULT_ALLOCATE) ? -1 : __real_zmq_msg_init_size(message, size);
}

int __wrap_zmq_msg_send(zmq_msg_t *message, void *socket, int flags)
{
    return fault_now(FAULT_SEND) ? -1 : __real_zmq_msg_send(message, socket, flags);
}

#endif
