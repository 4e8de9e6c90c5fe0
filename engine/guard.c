/* guard: see guard.h. */
#include "engine/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/oplog.h"

enum { NAMES_MOST = 4096, FOLDERS_OPEN = 16 };

void guard_memory(void)
{
    const struct rlimit none = {0, 0};
    /* Neither can be refused: a limit may always be lowered, and the flag is the process's own. */
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void guard_rights(void)
{
    umask(077);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); /* since Linux 3.5; never refused */
}

/* ---- who ---- */

struct user {
    const char *name, *home;
    uid_t user;
    gid_t group;
};

static enum err find_user(const char *name, struct user *user, struct arena *arena, struct text *why)
{
    struct passwd row, *found = NULL;
    char *names = arena_take(arena, NAMES_MOST);
    int number = getpwnam_r(name, &row, names, NAMES_MOST, &found);
    if (!found) {
        *why = number ? arena_print(arena, "The user %s cannot be looked up: %s.", name, strerror(number))
                      : arena_print(arena, "There is no user %s on this machine. Make one: adduser --system --group %s", name, name);
        return number ? ERR_IO : ERR_BAD_CONFIG;
    }
    *user = (struct user){.name = found->pw_name, .home = found->pw_dir, .user = found->pw_uid, .group = found->pw_gid};
    return ERR_OK;
}

/* ---- the data folder ---- */

static uid_t heir_user;
static gid_t heir_group;

static int hand_over_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return lchown(path, heir_user, heir_group);
}

/* What is root's is handed over, the folder itself last: so long nobody else could have put anything into it, and a walk that was stopped begins anew. */
static enum err hand_over(const char *data, const struct user *user, struct arena *arena, struct text *why)
{
    struct stat status;
    if (mkdir(data, 0700) != 0 && errno != EEXIST) {
        *why = arena_print(arena, "The data folder %s cannot be made: %s.", data, strerror(errno));
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    int number = lstat(data, &status) == 0 ? 0 : errno;
    if (!number && status.st_uid == user->user)
        return ERR_OK;
    if (!number && (status.st_uid != 0 || !S_ISDIR(status.st_mode) || (status.st_mode & 022))) {
        *why = arena_print(arena, "The data folder %s is neither %s's nor a folder that root alone could write to: who it belongs to is not for the engine to decide. Hand it over: chown -R %s: %s",
                           data, user->name, user->name, data);
        return ERR_DENIED;
    }
    heir_user = user->user;
    heir_group = user->group;
    if (!number && nftw(data, hand_over_entry, FOLDERS_OPEN, FTW_PHYS | FTW_DEPTH | FTW_MOUNT) != 0)
        number = errno;
    if (number)
        *why = arena_print(arena, "The data folder %s cannot be handed over to %s: %s.", data, user->name, strerror(number));
    return number ? ERR_IO : ERR_OK;
}

/* ---- becoming somebody else ---- */

static enum err cannot(const struct user *user, const char *what, struct arena *arena, struct text *why)
{
    *why = arena_print(arena, "The engine cannot become %s: %s: %s.", user->name, what, strerror(errno));
    return ERR_DENIED;
}

/* In this order: who has given up the user may not change the groups any more. */
static enum err change(const struct user *user, struct arena *arena, struct text *why)
{
    if (initgroups(user->name, user->group) != 0)
        return cannot(user, "setgroups", arena, why);
    if (setresgid(user->group, user->group, user->group) != 0)
        return cannot(user, "setgid", arena, why);
    if (setresuid(user->user, user->user, user->user) != 0)
        return cannot(user, "setuid", arena, why);
    return ERR_OK;
}

/* A kernel or a sandbox that says yes and does nothing would be worse than one that says no. */
static enum err check_for_good(const struct user *user, struct arena *arena, struct text *why)
{
    uid_t real, effective, saved;
    gid_t real_group, effective_group, saved_group;
    bool all = getresuid(&real, &effective, &saved) == 0 && getresgid(&real_group, &effective_group, &saved_group) == 0;
    all = all && real == user->user && effective == user->user && saved == user->user;
    all = all && real_group == user->group && effective_group == user->group && saved_group == user->group;
    if (all && (user->user == 0 || (setuid(0) != 0 && seteuid(0) != 0)))
        return ERR_OK;
    *why = arena_print(arena, "The engine has not become %s for good: it could be root again. It does not run like this.", user->name);
    return ERR_DENIED;
}

static enum err become(const struct user *user, const char *data, struct arena *arena, struct text *why)
{
    enum err code = hand_over(data, user, arena, why);
    code = code ? code : change(user, arena, why);
    code = code ? code : check_for_good(user, arena, why);
    if (code)
        return code;
    /* For workers, which would look into root's otherwise. */
    setenv("HOME", user->home, 1);
    setenv("USER", user->name, 1);
    setenv("LOGNAME", user->name, 1);
    guard_memory(); /* another user, and the kernel begins anew */
    if (access(data, R_OK | W_OK | X_OK) != 0) {
        *why = arena_print(arena, "%s cannot come to the data folder %s: %s. Each folder above it must let them through.", user->name, data, strerror(errno));
        return ERR_DENIED;
    }
    oplog(OPLOG_INFO, "became-user", OPLOG_STRING("user", user->name));
    return ERR_OK;
}

enum err guard_user(const char *name, const char *data, struct arena *arena, struct text *why)
{
    struct user user;
    enum err code = ERR_OK;
    if (!name && geteuid() == 0)
        oplog(OPLOG_WARN, "running-as-root", OPLOG_STRING("do", "name a user in the configuration (user: staircase), or start it as one"));
    if (name)
        code = find_user(name, &user, arena, why);
    if (!code && name && geteuid() == 0)
        code = become(&user, data, arena, why);
    else if (!code && name && geteuid() != user.user) {
        *why = arena_print(arena, "The configuration says that the engine runs as %s, and it was started as another user, who cannot become that one. Start it as root, or as %s.", name, name);
        code = ERR_DENIED;
    }
    return code;
}
