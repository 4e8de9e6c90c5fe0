/* bytes: fixed-width numbers in stored bytes, big-endian, so that keys order as numbers do. */
#ifndef STAIRCASE_BYTES_H
#define STAIRCASE_BYTES_H

#include "proto/text.h"

static inline void bytes_put_u32(uint8_t *at, uint32_t number)
{
    number = __builtin_bswap32(number);
    memcpy(at, &number, sizeof number);
}

static inline void bytes_put_u64(uint8_t *at, uint64_t number)
{
    number = __builtin_bswap64(number);
    memcpy(at, &number, sizeof number);
}

static inline uint32_t bytes_u32(const void *at)
{
    uint32_t number;
    memcpy(&number, at, sizeof number);
    return __builtin_bswap32(number);
}

static inline uint64_t bytes_u64(const void *at)
{
    uint64_t number;
    memcpy(&number, at, sizeof number);
    return __builtin_bswap64(number);
}

/* Signed times order as unsigned numbers once the sign bit is turned over. */
static inline uint64_t bytes_time(int64_t time)
{
    return (uint64_t)time ^ (UINT64_C(1) << 63);
}

static inline int64_t bytes_time_back(uint64_t number)
{
    return (int64_t)(number ^ (UINT64_C(1) << 63));
}

#endif
