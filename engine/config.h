/* config: what an operator can set, read from one YAML file. Everything has a default, so no file is needed to begin with.
 *
 * Every mistake is reported with file:line:column, all of them in one run; settings that contradict each other are mistakes. Files that
 * it names are relative to the folder of the configuration. config/staircase.yaml shows every key with its default. */
#ifndef STAIRCASE_CONFIG_H
#define STAIRCASE_CONFIG_H

#include "engine/oplog.h"
#include "engine/yaml.h"

/* A worker process that the engine starts, and starts again when it ends. */
struct config_worker {
    const char *name;
    char **command; /* ends with NULL; `{data}` in an argument is the data folder */
};

struct config_deploy {
    const char *what; /* workflow, directory, calendar */
    const char *path; /* relative to the folder of the engine's working directory, or absolute: as it can be opened */
};

struct config {
    const char *file;            /* "" for the defaults */
    const char *user;            /* who the engine becomes when root starts it; NULL: it stays who it is */
    const char *listen_clients;  /* tcp://ADDRESS:PORT besides the ipc socket, with keys; NULL: none */
    const char *listen_workers;
    uint32_t batch_most;         /* events in one batch */
    uint32_t retry_attempts;     /* of a task, then an incident */
    uint32_t retry_base_ms;      /* the first delay; it doubles */
    uint32_t retry_most_ms;      /* the longest */
    uint32_t lease_ms;
    uint64_t map_bytes;          /* of the store, sparse; 0: the store's own default */
    enum oplog_level log_level;
    const char *metrics_file;    /* for node_exporter, written anew every metrics_seconds; NULL: none */
    uint32_t metrics_seconds;
    const struct config_worker *workers;
    uint32_t worker_count;
    const struct config_deploy *deploys; /* in this order, when the engine starts and they are not deployed yet */
    uint32_t deploy_count;
    const struct text *history_topics;   /* tasks of these topics bring the history of their case along */
    uint32_t history_topic_count;
};

void config_defaults(struct config *config);
/* Reads a file over the defaults; everything lives in the arena. ERR_OK; ERR_NOT_FOUND: no such file (a problem says so); ERR_BAD_CONFIG:
 * there are problems. */
enum err config_load(struct config *config, struct arena *arena, const char *path, struct problems *problems);
/* The same from text in memory; `path` is for messages and for the files it names. */
enum err config_read(struct config *config, struct arena *arena, const char *path, struct text source, struct problems *problems);

/* The table of keys, for the reference and the tests. */
extern const struct keys config_keys;

#endif
