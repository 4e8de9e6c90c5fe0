/* work: `staircase work TOPIC -- COMMAND` makes any program a worker. The worker library holds the tasks (workers/worker.h), each
 * runs in a process of its own (workers/exec.h); here is what their ends mean.
 *
 *   exit status 0     done: the event that settles the task is sent
 *   75 (EX_TEMPFAIL)  later: the task comes again after a delay that grows; after the configured number of attempts an incident
 *   anything else     failed, a signal too: an incident stands on the case at once, since the same program would fail the same way
 *
 * Which event: the program says so on standard output, {"event": "repaired", "data": {...}}; or --event; or the only one that the case
 * takes from a worker. Output that is no JSON object is not for us and is passed on. The reason of a failure is the last line of standard error.
 * A lease is beaten while the program runs, however long. A program whose task is cancelled is ended. */
#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "engine/command/receipt.h"
#include "engine/command/row.h"
#include "engine/command/table.h"
#include "engine/command/talk.h"
#include "engine/map.h"
#include "proto/wire.h"
#include "workers/exec.h"
#include "workers/worker.h"

enum {
    AGAIN_STATUS = 75,
    IN_FLIGHT_MOST = 256,
    TERM_MS = 2500, /* a program that was asked to end has so long */
    STOP_MS = 4000, /* and the worker itself, before it leaves without the last answers */
    WAITING_MS = 1500, /* without an engine: then it is said */
};

/* A task, from when it comes until its program has ended: a cancelled one may still be ending while the next one waits for its place. */
struct job {
    uint64_t task;     /* 0: free */
    struct exec *exec; /* NULL: it waits */
    struct text input;
    uint64_t case_id;
    struct text number, settles; /* settles: the event, empty: none was the only one */
    bool notice;
    struct text choice;          /* what could be sent, in words; for the reason */
    struct value beside;         /* list: events that are possible too, but leave the task as it is */
    int64_t kill_at;             /* 0: it was not asked to end */
    struct arena arena;
};

struct work {
    struct command_line *line;
    struct worker *worker;
    struct text event; /* --event */
    struct job *jobs;  /* [job_count]: held are at most twice in_flight (worker.h), and as many as in_flight may be ending */
    uint32_t job_count, in_flight, running;
    int signals;
    int64_t stop_at; /* 0: it goes on */
    int64_t started;
    enum { UNTOLD, TOLD_WAITING, TOLD_CONNECTED } told;
    struct arena arena; /* of one report */
};

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- telling ---- */

enum result { RESULT_DONE, RESULT_LATER, RESULT_FAILED, RESULT_CANCELLED, RESULT_REFUSED };

static void tell(const struct work *work, const struct job *job, enum result result, struct text words)
{
    static const struct command_words results[] = {{"done", "办结"}, {"later", "稍后再办"}, {"failed", "失败"},
                                                   {"cancelled", "已取消"}, {"refused", "被拒绝"}};
    const struct command_line *line = work->line;
    if (line->json) {
        struct map_maker row = map_begin(line->arena);
        map_put_number(&row, "case", (int64_t)job->case_id);
        map_put_number(&row, "task", (int64_t)job->task);
        map_put_string(&row, "result", results[result].en);
        map_put_text(&row, "words", words);
        struct value whole = map_end(&row);
        talk_print_row(line, &whole);
        fflush(stdout);
        return;
    }
    struct text shown = text_harmless(line->arena, words);
    fprintf(stderr, command_say(line, "case %llu %.*s: %s%s%.*s\n", "案件 %llu %.*s: %s%s%.*s\n"), (unsigned long long)job->case_id,
            (int)job->number.size, job->number.data, command_say(line, results[result].en, results[result].zh), shown.size ? ": " : "", (int)shown.size, shown.data);
}

static void tell_connection(struct work *work)
{
    const struct command_line *line = work->line;
    bool registered = worker_registered(work->worker);
    if (registered && work->told != TOLD_CONNECTED && !line->json)
        fprintf(stderr, command_say(line, "working on %s for the engine at %s; Ctrl-C stops\n", "正在为 %2$s 的引擎办理 %1$s；按 Ctrl-C 停止\n"),
                line->operands[0], line->data);
    bool waits = !registered && clock_ms() - work->started >= WAITING_MS;
    if (waits && work->told != TOLD_WAITING && !work->stop_at)
        fprintf(stderr, command_say(line, "no engine answers at %s; waiting for one\n", "%s 上没有引擎应答，等待中\n"), line->data);
    work->told = registered ? TOLD_CONNECTED : waits ? TOLD_WAITING : work->told;
}

/* ---- a task begins ---- */

/* The task as one line of JSON: its row, and which task it is. */
static struct text input_of(struct arena *arena, const struct message *task)
{
    const struct value *row = &task->rows;
    struct map_maker map = map_begin(arena);
    map_put(&map, "task", value_integer((int64_t)task->task));
    map_put(&map, "try", value_integer(task->attempt));
    map_put(&map, "topic", value_text(task->topic));
    map_put(&map, "what", value_text(task->what.size ? task->what : TEXT("task")));
    for (uint32_t i = 0; row->kind == VALUE_MAP && i < row->count; i++) {
        struct text name = row->items[2 * i].text;
        if (!text_is(name, "task") && !text_is(name, "try") && !text_is(name, "topic") && !text_is(name, "what"))
            map_put_named(&map, name, row->items[2 * i + 1]);
    }
    struct value whole = map_end(&map);
    struct text json = wire_json(arena, &whole);
    return arena_print(arena, "%.*s\n", (int)json.size, json.data);
}

static void job_free(struct work *work, struct job *job)
{
    work->running -= job->exec != NULL;
    exec_close(&job->exec);
    arena_close(&job->arena);
    *job = (struct job){0};
}

static bool names(const struct value *list, struct text name)
{
    for (uint32_t i = 0; list && i < list->count; i++)
        if (text_equal(list->items[i].text, name))
            return true;
    return false;
}

static struct value beside(struct arena *arena, const struct value *can, const struct value *settles)
{
    struct list_maker list = {.arena = arena};
    for (uint32_t i = 0; can && i < can->count; i++)
        if (!names(settles, can->items[i].text))
            list_add(&list, value_copy(arena, &can->items[i]));
    return list_end(&list);
}

static struct job *job_make(struct work *work, const struct message *task)
{
    struct job *job = work->jobs;
    while (job->task)
        job++; /* there is a free one, see job_count */
    assert(job < work->jobs + work->job_count);
    arena_init(&job->arena);
    const struct value *settles = row_list(&task->rows, "settles");
    job->task = task->task;
    job->case_id = task->case_id ? task->case_id : (uint64_t)row_integer(&task->rows, "case");
    job->number = arena_copy(&job->arena, task->number);
    job->notice = text_is(task->what, "notice");
    job->choice = settles ? arena_copy(&job->arena, value_words(&job->arena, settles)) : (struct text){0};
    job->beside = beside(&job->arena, row_list(&task->rows, "can"), settles);
    job->settles = work->event;
    if (!job->settles.size && settles && settles->count == 1)
        job->settles = arena_copy(&job->arena, settles->items[0].text);
    job->input = input_of(&job->arena, task);
    return job;
}

/* A program that cannot be started is the worker's fault, not the task's: the task goes to whoever does better. */
static enum err job_start(struct work *work, struct job *job)
{
    enum err err = exec_start(&job->exec, work->line->rest, job->input);
    work->running += !err;
    if (!err)
        return ERR_OK;
    struct text why = arena_print(work->line->arena, "%s could not be started: %s", work->line->rest[0], err_sentence(err));
    worker_fail(work->worker, job->task, (struct text){0}, why, true, 0);
    job_free(work, job);
    return err;
}

/* As many run as were asked for, those that are ending included. */
static enum err start_waiting(struct work *work)
{
    enum err err = ERR_OK;
    for (uint32_t i = 0; i < work->job_count && work->running < work->in_flight && !err; i++)
        if (work->jobs[i].task && !work->jobs[i].exec)
            err = job_start(work, &work->jobs[i]);
    return err;
}

static void fail_stopped(struct work *work, uint64_t task)
{
    worker_fail(work->worker, task, (struct text){0}, TEXT("The worker was stopped."), true, 0);
}

/* ---- a task ends ---- */

static void fail(struct work *work, struct job *job, struct text why, bool again)
{
    tell(work, job, again ? RESULT_LATER : RESULT_FAILED, why);
    worker_fail(work->worker, job->task, (struct text){0}, why, again, 0);
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool is_object(struct text output)
{
    size_t at = 0;
    while (at < output.size && is_space(output.data[at]))
        at++;
    return at < output.size && output.data[at] == '{';
}

/* What the program said on standard output. False: it said something that cannot be understood, `*why` says what. */
static bool read_output(struct work *work, struct text output, struct message *event, struct text *why)
{
    struct value said;
    if (output.size == 0)
        return true;
    if (!is_object(output)) {
        fwrite(output.data, 1, output.size, work->line->json ? stderr : stdout);
        fflush(stdout);
        return true;
    }
    if (wire_from_json(&work->arena, output, &said, why) != ERR_OK) {
        *why = arena_print(&work->arena, "Its output is no JSON object: %.*s", (int)why->size, why->data);
        return false;
    }
    const struct value *name = value_get(&said, "event"), *data = value_get(&said, "data");
    uint32_t known = (name && name->kind == VALUE_TEXT ? 1U : 0U) + (data && data->kind == VALUE_MAP ? 1U : 0U);
    if (known != said.count) {
        *why = TEXT("Its output is not {\"event\": \"NAME\", \"data\": {...}}, each of them optional.");
        return false;
    }
    if (name)
        event->event = name->text;
    struct field_value *fields = ARENA_ARRAY(&work->arena, struct field_value, data ? data->count : 0);
    for (uint32_t i = 0; data && i < data->count; i++)
        fields[i] = (struct field_value){.name = data->items[2 * i].text, .value = data->items[2 * i + 1]};
    event->data = fields;
    event->data_count = data ? data->count : 0;
    return true;
}

static void send_event(struct work *work, struct job *job, const struct message *event)
{
    enum err err = worker_send_event(work->worker, event);
    if (err == ERR_OK || err == ERR_UNKNOWN_TASK) /* unknown: cancelled or lost meanwhile */
        tell(work, job, RESULT_DONE, event->event);
    else
        fail(work, job, text_of(err_sentence(err)), false);
}

static void settle(struct work *work, struct job *job, struct text output)
{
    struct message event = {.task = job->task, .subject = {.kind = CASE_REF_ID, .id = job->case_id}, .event = job->settles};
    event.as = text_of(command_value(work->line, "as"));
    struct text why;
    if (!read_output(work, output, &event, &why)) {
        fail(work, job, why, false);
    } else if (job->notice || (!event.event.size && !job->choice.size)) {
        worker_settle(work->worker, job->task, (struct text){0});
        tell(work, job, RESULT_DONE, (struct text){0});
    } else if (!event.event.size) {
        why = arena_print(&work->arena, "It is not said how it went: --event NAME, or {\"event\": \"NAME\"} on standard output, one of: %.*s",
                          (int)job->choice.size, job->choice.data);
        fail(work, job, why, false);
    } else if (names(&job->beside, event.event)) {
        why = arena_print(&work->arena, "%.*s does not settle the task: what does is %.*s", (int)event.event.size, event.event.data,
                          (int)job->choice.size, job->choice.data);
        fail(work, job, why, false);
    } else {
        send_event(work, job, &event);
    }
}

static void job_ended(struct work *work, struct job *job)
{
    const struct exec_end *end = exec_end(job->exec);
    struct text why = end->last_line;
    bool again = end->status == AGAIN_STATUS;
    arena_reset(&work->arena);
    if (!worker_holds(work->worker, job->task)) {
        tell(work, job, RESULT_CANCELLED, (struct text){0});
    } else if (end->status == 0 && end->overflowed) {
        fail(work, job, arena_print(&work->arena, "It wrote more than %d bytes.", EXEC_OUTPUT_MOST), false);
    } else if (end->status == 0) {
        settle(work, job, end->output);
    } else if (work->stop_at && job->kill_at) { /* however it took that */
        fail(work, job, TEXT("The worker was stopped."), true);
    } else if (why.size) {
        fail(work, job, why, again);
    } else if (end->signal) {
        fail(work, job, arena_print(&work->arena, "Signal %d ended it.", end->signal), false);
    } else {
        fail(work, job, arena_print(&work->arena, "It ended with status %d.", end->status), again);
    }
    job_free(work, job);
}

/* ---- what the engine says ---- */

static struct job *job_of(struct work *work, uint64_t task)
{
    for (uint32_t i = 0; i < work->job_count; i++)
        if (work->jobs[i].task == task)
            return &work->jobs[i];
    return NULL;
}

/* Asks it to end; one that has not begun is gone at once. */
static void job_stop(struct work *work, struct job *job)
{
    if (!job->exec) {
        job_free(work, job);
    } else if (!job->kill_at) {
        job->kill_at = clock_ms() + TERM_MS;
        exec_signal(job->exec, SIGTERM);
    }
}

/* A refused event is a mistake of the program, or of the person who chose it: a person has to look. */
static void refused(struct work *work, const struct message *answer)
{
    struct job job = {.task = answer->task, .case_id = answer->case_id};
    struct text why = arena_print(work->line->arena, "%s: %.*s", err_name(answer->code), (int)answer->why.size, answer->why.data);
    tell(work, &job, RESULT_REFUSED, why);
    if (worker_holds(work->worker, answer->task))
        worker_fail(work->worker, answer->task, (struct text){0}, why, false, 0);
}

static enum err message_came(struct work *work, const struct message *message)
{
    struct job *job = job_of(work, message->task);
    switch (message->kind) {
    case MESSAGE_TASK:
        if (work->stop_at)
            fail_stopped(work, message->task);
        else
            job_make(work, message);
        return start_waiting(work);
    case MESSAGE_CANCEL:
        if (message->about)
            worker_settle(work->worker, message->task, (struct text){0}); /* nothing is ever accepted here */
        else if (job)
            job_stop(work, job);
        return ERR_OK;
    case MESSAGE_REFUSED: refused(work, message); return ERR_OK;
    default: return ERR_OK;
    }
}

/* COMMAND_DONE, or why the worker has to leave, said already. */
static int cannot_start(struct work *work, enum err err)
{
    return command_fail(work->line, command_exit_of(err), command_say(work->line, "%s could not be started: %s", "无法启动 %s: %s"), work->line->rest[0],
                        code_sentence(work->line, err));
}

static int take_messages(struct work *work, bool *progress)
{
    struct message message;
    enum err err;
    while ((err = worker_next(work->worker, 0, &message)) == ERR_OK) {
        *progress = true;
        err = message_came(work, &message);
        if (err)
            return cannot_start(work, err);
    }
    if (err == ERR_TIMED_OUT)
        return COMMAND_DONE;
    return command_fail(work->line, command_exit_of(err), "%s %.*s\n%s", code_sentence(work->line, err), (int)message.why.size,
                        message.why.data, code_advice(work->line, err));
}

/* ---- the loop ---- */

static int step_jobs(struct work *work, bool *progress)
{
    int64_t now = clock_ms();
    for (uint32_t i = 0; i < work->job_count; i++) {
        struct job *job = &work->jobs[i];
        if (!job->exec)
            continue;
        if (job->kill_at && job->kill_at <= now)
            exec_signal(job->exec, SIGKILL);
        if (exec_step(job->exec)) {
            *progress = true;
            job_ended(work, job);
        }
    }
    enum err err = start_waiting(work);
    return err ? cannot_start(work, err) : COMMAND_DONE;
}

static void stop_if_asked(struct work *work)
{
    struct signalfd_siginfo info;
    if (read(work->signals, &info, sizeof info) != sizeof info || work->stop_at)
        return;
    work->stop_at = clock_ms() + STOP_MS;
    for (uint32_t i = 0; i < work->job_count; i++) {
        struct job *job = &work->jobs[i];
        if (job->task && !job->exec)
            fail_stopped(work, job->task);
        if (job->task)
            job_stop(work, job);
    }
}

static bool finished(const struct work *work)
{
    if (!work->stop_at)
        return false;
    bool nothing_open = work->running == 0 && (worker_unanswered(work->worker) == 0 || !worker_registered(work->worker));
    return nothing_open || work->stop_at <= clock_ms();
}

/* Sleeps until something comes, a beat is due, or a program has had its time. */
static void sleep_until_something(struct work *work, struct pollfd *descriptors)
{
    nfds_t count = 0;
    int64_t now = clock_ms(), wake = now + worker_wake_ms(work->worker);
    descriptors[count++] = (struct pollfd){.fd = work->signals, .events = POLLIN};
    descriptors[count++] = (struct pollfd){.fd = worker_descriptor(work->worker), .events = POLLIN};
    for (uint32_t i = 0; i < work->job_count; i++) {
        const struct job *job = &work->jobs[i];
        if (!job->exec)
            continue;
        count += exec_watch(job->exec, descriptors + count);
        if (job->kill_at)
            wake = job->kill_at < wake ? job->kill_at : wake;
    }
    if (work->stop_at)
        wake = work->stop_at < wake ? work->stop_at : wake;
    poll(descriptors, count, wake > now ? (int)(wake - now) : 0);
}

static int loop(struct work *work)
{
    struct pollfd *descriptors = ARENA_ARRAY(work->line->arena, struct pollfd, 2 + (size_t)work->job_count * EXEC_DESCRIPTORS);
    while (!finished(work)) {
        bool progress = false;
        struct arena_mark mark = arena_save(work->line->arena);
        int code = take_messages(work, &progress);
        if (code == COMMAND_DONE)
            code = step_jobs(work, &progress);
        if (code != COMMAND_DONE)
            return code;
        stop_if_asked(work);
        tell_connection(work);
        arena_rewind(work->line->arena, mark);
        if (!progress)
            sleep_until_something(work, descriptors);
    }
    return COMMAND_DONE;
}

/* ---- begin and end ---- */

static bool catch_signals(struct work *work)
{
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    work->signals = sigprocmask(SIG_BLOCK, &stops, NULL) == 0 ? signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK) : -1;
    return work->signals >= 0;
}

static int work_on(struct work *work, const struct worker_options *options)
{
    struct command_line *line = work->line;
    if (!catch_signals(work))
        return command_fail(line, COMMAND_FAILED, "signalfd: %s", code_sentence(line, ERR_IO));
    enum err err = worker_open(&work->worker, options);
    if (err)
        return command_fail(line, command_exit_of(err), "%s: %s", options->endpoint, code_sentence(line, err));
    int code = loop(work);
    for (uint32_t i = 0; i < work->job_count; i++)
        if (work->jobs[i].task)
            job_free(work, &work->jobs[i]);
    worker_close(&work->worker);
    return code;
}

static int run(struct command_line *line)
{
    struct work work = {.line = line, .signals = -1, .event = text_of(command_value(line, "event")), .started = clock_ms()};
    const char *topic = line->operands[0], *name = command_value(line, "name");
    int64_t in_flight = 1;
    if (line->rest_count == 0)
        return command_misuse(line, "%s", command_say(line, "which program? staircase work TOPIC -- COMMAND", "用哪个程序？staircase work 主题 -- 命令"));
    if (!command_number(line, "in-flight", 1, IN_FLIGHT_MOST, &in_flight))
        return COMMAND_USAGE;
    if (exec_find(line->rest[0]) != ERR_OK)
        return command_fail(line, COMMAND_USAGE, command_say(line, "there is no program %s that could be run.", "没有可运行的程序 %s。"), line->rest[0]);
    work.in_flight = (uint32_t)in_flight;
    work.job_count = 3 * work.in_flight;
    work.jobs = ARENA_ARRAY(line->arena, struct job, work.job_count);
    arena_init(&work.arena);
    struct worker_options options = {
        .name = name ? name : topic,
        .topics = &topic,
        .topic_count = 1,
        .unit = command_value(line, "unit"),
        .in_flight_most = work.in_flight,
    };
    int code = talk_place(line, "workers.sock", &options.endpoint, &options.key);
    code = code ? code : work_on(&work, &options);
    if (work.signals >= 0)
        close(work.signals);
    arena_close(&work.arena);
    return code;
}

static const struct command_option options[] = {
    TALK_PLACE,
    {"unit", "PATH", {"only cases at this unit and below it", "只办该单元及其下级的案件"}, false},
    {"event", "NAME", {"the event that settles a task when the program names none", "程序未指明时用以办结的事件"}, false},
    {"name", "NAME", {"the worker's name (default: the topic)", "工作进程的名称（默认为主题）"}, false},
    {"as", "PERSON", {"who acts in the events (default worker:NAME)", "事件的办理人（默认 worker:名称）"}, false},
    {"in-flight", "N", {"programs running side by side (default 1)", "同时运行的程序数（默认 1）"}, false},
    {0},
};

const struct command command_work = {
    .name = "work",
    .line = {"make any program a worker: it gets each task of a topic as JSON on its standard input", "让任意程序成为工作进程：每项交办以 JSON 写入其标准输入"},
    .synopsis = "TOPIC [--unit PATH] [--event NAME] [--name NAME] [--in-flight N] -- COMMAND [ARGUMENT]...",
    .examples = {"  staircase work water-works -- ./dispatch.sh\n"
                 "  staircase work water-works --event repaired --in-flight 4 -- python3 repair.py\n"
                 "Exit status 0 settles the task, 75 asks for it again later, anything else is an incident with the last line of\n"
                 "standard error as its reason. {\"event\": \"repaired\", \"data\": {\"cost\": 120}} on standard output says which event, and its fields.\n",
                 "  staircase work water-works -- ./dispatch.sh\n"
                 "  staircase work water-works --event repaired --in-flight 4 -- python3 repair.py\n"
                 "退出状态 0 为办结，75 为稍后再办，其余记为故障，以标准错误的最后一行为理由。\n"
                 "标准输出 {\"event\": \"repaired\", \"data\": {\"cost\": 120}} 指明事件及其字段。\n"},
    .options = options,
    .operands_least = 1,
    .operands_most = 1,
    .rest = true,
    .run = run,
};
