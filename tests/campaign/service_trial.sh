# What is done on the machine that service.sh boots: README.md's block "As a service", then an operator's first week. Stops at the first thing that is not so.
set -eEu
trap 'echo "line $LINENO: $BASH_COMMAND"; journalctl -u staircase -u mediation-centre --no-pager | tail -n 40; echo 1 >/trial/status' ERR
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
ip link set lo up
cd /tree
here() { runuser -u staircase -- "$@" --data /var/lib/staircase; }
is() { [ "$1" = "$2" ] || { echo "$1 instead of $2"; false; }; }
eventually() { for _ in $(seq 100); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; "$@"; }

apt-get() { is "$*" "install -y make"; } # there is no network here, and make is there
sed -n '/^```sh$/,/^```$/p' README.md | awk '/^```sh$/ {block = ""; next} /^```$/ {if (block ~ /systemctl/) printf "%s", block; next} {block = block $0 "\n"}' >/trial/block
. /trial/block

# who it is, and what the sandbox has left it
pid=$(systemctl show -P MainPID staircase)
is "$(ps -o user= -p "$pid" | tr -d ' ')" staircase
for line in "CapBnd:	0000000000000000" "CapEff:	0000000000000000" "NoNewPrivs:	1" "Seccomp:	2"; do grep -q "^$line$" "/proc/$pid/status"; done
is "$(stat -c '%U %a' /var/lib/staircase)" "staircase 700"
is "$(systemctl show -P MemoryMax staircase)" 2147483648
journalctl -u staircase -o cat --no-pager | grep -q 'level=info event=serving'
! journalctl -u staircase -o cat --no-pager | grep -q 'In another terminal'

# work, another configuration, a backup, a kill
here staircase open dispute-mediation jinnong/grid-3/building-7 --as li summary=漏水 category=neighbour applicant=app:zhao respondent=app:qian
eventually here mediation_centre list
systemctl reload staircase
eventually sh -c 'journalctl -u staircase -o cat --no-pager | grep -q event=reloaded'
install -d -o staircase -m 700 /var/backups/staircase
here staircase backup /var/backups/staircase/monday
runuser -u staircase -- staircase verify /var/backups/staircase/monday
kill -9 "$pid"
eventually here staircase health
is "$(systemctl show -P NRestarts staircase)" 1

# a configuration with a mistake is not started again and again
echo 'batch: many' >>/etc/staircase/staircase.yaml
! systemctl restart staircase
is "$(systemctl show -P ActiveState staircase)" failed # and not activating, again and again
sed -i '/^batch: many/d' /etc/staircase/staircase.yaml

# the centre with another user, by TCP
sed -i '/^workers:/,/^ *- {name: mediation-centre/d' /etc/staircase/staircase.yaml
printf 'listen: {clients: "tcp://127.0.0.1:7410", workers: "tcp://127.0.0.1:7411"}\n' >>/etc/staircase/staircase.yaml
here staircase keys make mediation-centre --worker mediation-centre --people jinnong-centre --out /var/lib/staircase/one.key
here staircase keys make centre-desk --app --person mediation-centre --unit jinnong --out /var/lib/staircase/two.key
install -m 600 -o mediation-centre /var/lib/staircase/one.key /etc/staircase/mediation-centre.key
install -m 600 -o mediation-centre /var/lib/staircase/two.key /etc/staircase/centre-desk.key
rm /var/lib/staircase/one.key /var/lib/staircase/two.key
systemctl restart staircase
systemctl enable --now mediation-centre
eventually sh -c 'journalctl -u mediation-centre -o cat --no-pager | grep -q event=engine-found'
runuser -u mediation-centre -- mediation_centre list --data /var/lib/mediation-centre
! runuser -u mediation-centre -- ls /var/lib/staircase
! runuser -u mediation-centre -- staircase status --data /var/lib/staircase

systemctl stop staircase mediation-centre
is "$(systemctl show -P Result staircase mediation-centre | tr -d '\n')" successsuccess
here staircase verify
echo 0 >/trial/status
echo "installed, served, reloaded, backed up, killed, refused and stopped as the README and the runbook say"
