#!/bin/bash
# A machine that is booted with systemd, as far as the units can tell: `make install` there, README.md's way word for word, and then what an operator does.
# It is this machine's own file system under an overlay that is thrown away, in namespaces of its own: nothing outside is touched, nothing outside is seen.
# usage: service.sh BUILD   (run by `make service`; root; status 77: not possible here)
set -eu
case ${1:-} in
    inside) ;;
    *)
        build=$(cd "${1:?usage: service.sh BUILD}" && pwd) source=$(cd "$(dirname "$0")/../.." && pwd)
        [ "$(id -u)" = 0 ] || { echo "only root can boot a systemd of its own"; exit 77; }
        for tool in unshare pivot_root runuser systemd-analyze make; do command -v $tool >/dev/null || { echo "$tool is not here"; exit 77; }; done
        [ -x /lib/systemd/systemd ] && grep -q overlay /proc/filesystems || { echo "no systemd, or no overlay file system"; exit 77; }
        export work=$(mktemp -d /dev/shm/staircase-service-XXXXXX) build source
        mkdir "$work/out"
        trap 'rm -rf "$work"' EXIT
        timeout 300 unshare -m -p -n -u -i -C --fork --mount-proc bash "$0" inside >"$work/boot" 2>&1 || true
        if [ -e "$work/out/status" ] && [ "$(cat "$work/out/status")" = 0 ]; then tail -n 1 "$work/out/said"; exit 0; fi
        tail -n 60 "$work/boot" "$work/out/said" 2>/dev/null || true
        echo "FAILED"; exit 1 ;;
esac

# ---- inside: a root of its own, then systemd as process 1 ----
mount --make-rprivate /
mount -t tmpfs tmpfs "$work/out" -o size=1M && umount "$work/out" # where this may not be, nothing else may
mkdir "$work/all" && mount -t tmpfs tmpfs "$work/all" -o size=4G
cd "$work/all" && mkdir up work root
mount -t overlay overlay -o "lowerdir=/,upperdir=$PWD/up,workdir=$PWD/work" root
cd root
mkdir -p trial && mount --bind "$work/out" trial
mkdir -p tree && cp -a "$source/." tree/ && { [ "$build" = "$source/build" ] || { rm -rf tree/build && cp -a "$build" tree/build; }; }
mount -t proc proc proc
mount -t sysfs sysfs sys -o ro
mount -t tmpfs tmpfs dev -o mode=755
for node in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0"; do set -- $node; mknod -m 666 "dev/$1" c "$2" "$3"; done
touch dev/console && mount --bind "$work/boot" dev/console
mkdir dev/pts dev/shm dev/mqueue && ln -s pts/ptmx dev/ptmx
for folder in dev/shm run tmp; do mount -t tmpfs tmpfs $folder; done
mount -t cgroup2 cgroup2 sys/fs/cgroup
rm -rf etc/systemd/system/*.wants etc/systemd/system/*.requires etc/staircase var/lib/staircase
printf '[Unit]\nRequires=basic.target systemd-journald.service\nAfter=basic.target\nWants=trial.service\n' >etc/systemd/system/trial.target
printf '[Service]\nType=oneshot\nExecStart=/bin/bash /tree/tests/campaign/service_trial.sh\nTimeoutStartSec=240\nStandardOutput=append:/trial/said\nStandardError=append:/trial/said\nExecStopPost=/bin/systemctl --no-block exit 0\n[Unit]\nAfter=basic.target\n' \
    >etc/systemd/system/trial.service
mkdir old && pivot_root . old && cd / && umount -l /old
container=other exec /lib/systemd/systemd --system --unit=trial.target --log-target=journal
