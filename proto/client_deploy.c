/* client_deploy: a deployment in parts, by the verbs of client.h. */
#include "proto/client.h"

enum { PART_SIZE = 256 * 1024, ROUNDS_MOST = 3 };

/* One round of all parts; an engine that was started again in between has forgotten the first ones and refuses the next
 * as malformed. */
static enum err deploy_parts(struct client *client, struct message *message, struct text source, struct message *answer)
{
    message->parts = source.size ? (uint32_t)((source.size + PART_SIZE - 1) / PART_SIZE) : 1;
    for (message->part = 1;; message->part++) {
        size_t from = (size_t)(message->part - 1) * PART_SIZE, left = source.size - from;
        message->bytes = (struct text){.data = source.data + from, .size = left < PART_SIZE ? left : PART_SIZE};
        enum err code = client_ask(client, message, answer);
        if (code || answer->kind != MESSAGE_RESULT || message->part == message->parts)
            return code;
    }
}

enum err client_deploy(struct client *client, const char *what, const char *name, struct text source, const char *as,
                       struct message *answer)
{
    uint8_t id[ID_SIZE];
    client_new_id(id);
    struct message message = {.kind = MESSAGE_DEPLOY,
                              .id = {.data = (const char *)id, .size = ID_SIZE},
                              .what = text_of(what),
                              .name = text_of(name),
                              .as = text_of(as)};
    enum err code = ERR_OK;
    for (int round = 0; round < ROUNDS_MOST; round++) {
        code = deploy_parts(client, &message, source, answer);
        bool forgotten = !code && answer->kind == MESSAGE_REFUSED && answer->code == ERR_MALFORMED && message.part > 1;
        if (!forgotten)
            break;
    }
    return code;
}
