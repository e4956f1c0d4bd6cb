// SPDX-License-Identifier: GPL-2.0
// Measures what a client of the interface under test sees: packets at a fixed
// spacing, both ways, stamped by one clock.
//
//   probe run [--spacing-us N] [--duration-ms N] [--size N]
//             [--near ADDR] [--far ADDR] [--far-netns PATH]
//   probe mark NAME     name this moment in the running probe
//   probe stop          end it; it prints its result as JSON
//
// The far end's sockets are made in its network namespace; a socket stays in
// the namespace it was made in.  Sequence numbers count time: packet k is due
// at start + k * spacing, whether or not it can be sent.  So a client that finds
// its interface gone goes on trying, and every packet it could not send is lost
// to it like one that vanished on the way.
//
// Outage is the longest time without a packet being delivered, less the spacing
// (no outage: 0).  Receive stamps are the kernel's, taken as the packet enters
// the stack, so that a probe that waits for a CPU does not count as outage.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "result.h"

namespace {

using fgft::failed;
using fgft::Failure;
using fgft::kNsPerMs;
using fgft::kNsPerSec;
using fgft::now_ns;
using fgft::Result;
using nlohmann::json;

constexpr uint32_t kMagic = 0x46474654;	// "FGFT"
constexpr uint16_t kPort = 7710;
constexpr size_t kHeaders = 42;	// Ethernet, IPv4 and UDP before the payload
// A sender that was held up catches up, for a delay is no loss.  What it could
// not send for longer than this it leaves out.
constexpr int64_t kCatchUpNs = kNsPerSec;
constexpr int64_t kSettleNs = 200 * kNsPerMs;	// for the last packets to arrive
constexpr size_t kErrors = 134;	// one more than the largest errno
constexpr size_t kGapsShown = 8;
constexpr char kControl[] = "/run/fgft-probe";

struct Options {
	int64_t spacing_ns = kNsPerMs;
	int64_t duration_ns = 0;	// 0: until "probe stop"
	size_t size = 60;		// of the frame, without its check sequence
	std::string near = "10.77.0.1";
	std::string far = "10.77.0.2";
	std::string far_netns = "/run/netns/peer";
};

struct Packet {
	uint32_t magic;
	uint32_t run;
	int64_t sequence;
};

struct Arrival {
	int64_t sequence;
	int64_t at_ns;
};

// One direction: a sending socket, a receiving one and what was seen on them.
struct Path {
	const char *name = "";
	int sender = -1;
	int receiver = -1;
	struct sockaddr_in to = {};
	// The sender's.  Atomic because it may never end: a send can be stuck in
	// the driver, and the result is wanted all the same.
	std::atomic<int64_t> sent{0};
	std::atomic<int64_t> skipped{0};
	std::array<std::atomic<int64_t>, kErrors> refused{};	// by errno
	std::atomic<bool> done{false};
	// The receiver's.
	int64_t corrupt = 0;
	std::vector<Arrival> arrivals;
};

// Packets due from here on are not sent any more.
std::atomic<int64_t> end_of_run{INT64_MAX};

int complain(const Failure &failure)
{
	fprintf(stderr, "probe: error: %s: %s\n", failure.what, strerror(failure.error));
	return 1;
}

struct sockaddr_in address(const std::string &text, uint16_t port)
{
	struct sockaddr_in result = {};

	result.sin_family = AF_INET;
	result.sin_port = htons(port);
	inet_pton(AF_INET, text.c_str(), &result.sin_addr);
	return result;
}

Result<int> open_socket(uint16_t port)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const int on = 1, buffer = 4 << 20;
	struct sockaddr_in any = address("0.0.0.0", port);

	if (fd < 0)
		return failed("socket");
	if (!port)
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)))
		return failed("setsockopt");
	if (bind(fd, reinterpret_cast<struct sockaddr *>(&any), sizeof(any)))
		return failed("bind");
	return fd;
}

// Make both paths' sockets, each end in its own namespace.
Result<bool> open_paths(const Options &options, Path &out, Path &in)
{
	const int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	const int away = open(options.far_netns.c_str(), O_RDONLY | O_CLOEXEC);

	if (home < 0 || away < 0)
		return failed("network namespace");
	for (const bool far : {false, true}) {
		if (setns(far ? away : home, CLONE_NEWNET))
			return failed("setns");
		Result<int> sender = open_socket(0), receiver = open_socket(kPort);
		if (!sender)
			return sender.failure();
		if (!receiver)
			return receiver.failure();
		(far ? in : out).sender = *sender;
		(far ? out : in).receiver = *receiver;
	}
	if (setns(home, CLONE_NEWNET))
		return failed("setns");
	close(home);
	close(away);
	return true;
}

void pause_until(int64_t when_ns)
{
	struct timespec until = {when_ns / kNsPerSec, when_ns % kNsPerSec};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

void send_all(Path &path, const Options &options, int64_t start_ns, uint32_t run)
{
	std::vector<char> payload(std::max(options.size - kHeaders, sizeof(Packet)), 'f');

	for (int64_t sequence = 0;; sequence++) {
		const int64_t due = start_ns + sequence * options.spacing_ns;

		pause_until(std::min(due, end_of_run.load()));
		if (due >= end_of_run)
			break;
		if (now_ns() - due > kCatchUpNs) {
			path.skipped++;
			continue;
		}
		const Packet packet = {kMagic, run, sequence};
		memcpy(payload.data(), &packet, sizeof(packet));
		// A send that would block waits: for this client too that is an outage.
		if (sendto(path.sender, payload.data(), payload.size(), 0,
			   reinterpret_cast<const struct sockaddr *>(&path.to), sizeof(path.to)) < 0)
			path.refused[std::min(static_cast<size_t>(errno), kErrors - 1)]++;
		else
			path.sent++;
	}
	path.done = true;
}

// How many packets were due in the run, sent or not.
int64_t offered(const Options &options, int64_t start_ns, int64_t end_ns)
{
	return (std::max(end_ns - start_ns, int64_t{0}) + options.spacing_ns - 1) / options.spacing_ns;
}

// Difference of the clocks, to bring the kernel's stamps onto the monotonic one.
int64_t realtime_offset()
{
	int64_t best = INT64_MAX, offset = 0;

	for (int i = 0; i < 5; i++) {
		const int64_t before = now_ns(), real = now_ns(CLOCK_REALTIME), after = now_ns();

		if (after - before < best) {
			best = after - before;
			offset = real - (before + best / 2);
		}
	}
	return offset;
}

int64_t stamp_of(struct msghdr &message, int64_t offset)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPNS)
			continue;
		struct timespec stamp = {};
		memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
		return stamp.tv_sec * kNsPerSec + stamp.tv_nsec - offset;
	}
	return now_ns();
}

void receive(Path &path, int64_t offset, uint32_t run)
{
	std::array<char, 2048> data;
	std::array<char, 128> control;

	for (;;) {
		struct iovec vector = {data.data(), data.size()};
		struct msghdr message = {};
		Packet packet = {};

		message.msg_iov = &vector;
		message.msg_iovlen = 1;
		message.msg_control = control.data();
		message.msg_controllen = control.size();
		const ssize_t got = recvmsg(path.receiver, &message, MSG_DONTWAIT);
		if (got < 0)
			return;	// nothing more; an error of the interface is told once and gone
		if (static_cast<size_t>(got) >= sizeof(packet))
			memcpy(&packet, data.data(), sizeof(packet));
		if (packet.magic != kMagic || packet.run != run) {
			path.corrupt++;
			continue;
		}
		const bool intact = std::all_of(data.begin() + sizeof(packet), data.begin() + got,
						[](char c) { return c == 'f'; });
		path.corrupt += !intact;
		if (intact)
			path.arrivals.push_back({packet.sequence, stamp_of(message, offset)});
	}
}

struct Gap {
	int64_t from_ns, to_ns, outage_ns;
};

// All gaps between deliveries after @since that are longer than the spacing,
// the longest first.  The ends of the run count as deliveries due.
std::vector<Gap> gaps(const Path &path, const Options &options, int64_t since, int64_t end)
{
	std::vector<int64_t> times{since};
	std::vector<Gap> found;

	for (const Arrival &arrival : path.arrivals)
		if (arrival.at_ns > since)
			times.push_back(arrival.at_ns);
	times.push_back(std::max(end, times.back()));
	std::sort(times.begin(), times.end());
	for (size_t i = 1; i < times.size(); i++)
		if (times[i] - times[i - 1] > options.spacing_ns)
			found.push_back({times[i - 1], times[i], times[i] - times[i - 1] - options.spacing_ns});
	std::sort(found.begin(), found.end(),
		  [](const Gap &a, const Gap &b) { return a.outage_ns > b.outage_ns; });
	return found;
}

json describe(const Path &path, const Options &options, int64_t start_ns, int64_t end_ns)
{
	const int64_t due = offered(options, start_ns, end_ns);
	std::vector<int64_t> seen(static_cast<size_t>(due), 0);
	int64_t refused = 0, duplicated = 0, reordered = 0, delivered = 0, highest = -1;
	json errors = json::object(), list = json::array();

	for (const Arrival &arrival : path.arrivals) {
		if (arrival.sequence < 0 || arrival.sequence >= due)
			continue;
		if (seen[static_cast<size_t>(arrival.sequence)]++) {
			duplicated++;
			continue;
		}
		delivered++;
		reordered += arrival.sequence < highest;
		highest = std::max(highest, arrival.sequence);
	}
	for (size_t error = 0; error < kErrors; error++) {
		const char *name = strerrorname_np(static_cast<int>(error));

		if (path.refused[error])
			errors[name ? name : std::to_string(error)] = path.refused[error].load();
		refused += path.refused[error];
	}
	const std::vector<Gap> all = gaps(path, options, start_ns, end_ns);
	for (size_t i = 0; i < std::min(all.size(), kGapsShown); i++)
		list.push_back({{"from_ns", all[i].from_ns}, {"to_ns", all[i].to_ns}, {"outage_ns", all[i].outage_ns}});
	return {{"offered", due},
		{"sent", path.sent.load()},
		{"refused", refused},
		{"skipped", path.skipped.load()},
		{"stuck", !path.done},
		{"received", delivered},
		{"lost", due - delivered},
		{"duplicated", duplicated},
		{"reordered", reordered},
		{"corrupt", path.corrupt},
		{"errors", errors},
		{"outage_ns", all.empty() ? 0 : all[0].outage_ns},
		{"gaps", list}};
}

// What happened on a path from a mark on.
json describe_since(const Path &path, const Options &options, int64_t mark, int64_t start_ns, int64_t end_ns)
{
	const std::vector<Gap> all = gaps(path, options, mark, end_ns);
	json first = nullptr;
	int64_t lost = 0;
	const int64_t total = offered(options, start_ns, end_ns);
	std::vector<bool> seen(static_cast<size_t>(total), false);

	for (const Arrival &arrival : path.arrivals) {
		if (arrival.sequence < 0 || arrival.sequence >= total)
			continue;
		seen[static_cast<size_t>(arrival.sequence)] = true;
		if (start_ns + arrival.sequence * options.spacing_ns >= mark && first.is_null())
			first = arrival.at_ns - mark;
	}
	for (int64_t k = 0; k < total; k++)
		lost += start_ns + k * options.spacing_ns >= mark && !seen[static_cast<size_t>(k)];
	return {{"first_good_ns", first},
		{"outage_ns", all.empty() ? 0 : all[0].outage_ns},
		{"recovered_ns", all.empty() ? json(0) : json(all[0].to_ns - mark)},
		{"lost", lost}};
}

// Where "probe mark" and "probe stop" reach a running probe.
Result<int> open_control()
{
	struct sockaddr_un name = {};
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return failed("socket");
	name.sun_family = AF_UNIX;
	strcpy(name.sun_path, kControl);
	unlink(kControl);
	if (bind(fd, reinterpret_cast<struct sockaddr *>(&name), sizeof(name)))
		return failed(kControl);
	return fd;
}

int command(const std::string &word, const std::string &argument)
{
	struct sockaddr_un name = {};
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	// The moment meant is this one, not when the probe gets to read of it.
	const std::string text = word + " " + std::to_string(now_ns()) + " " + argument;

	name.sun_family = AF_UNIX;
	strcpy(name.sun_path, kControl);
	if (fd < 0 || sendto(fd, text.data(), text.size(), 0, reinterpret_cast<struct sockaddr *>(&name),
			     sizeof(name)) < 0)
		return complain(failed("no running probe"));
	return 0;
}

void read_control(int fd, std::map<std::string, int64_t> &marks)
{
	std::array<char, 256> text = {};
	std::array<char, 128> name = {};
	long long when = 0;

	if (recv(fd, text.data(), text.size() - 1, MSG_DONTWAIT) <= 0)
		return;
	if (sscanf(text.data(), "mark %lld %127s", &when, name.data()) == 2)
		marks[name.data()] = when;
	else if (sscanf(text.data(), "stop %lld", &when) == 1)
		end_of_run = std::min(end_of_run.load(), static_cast<int64_t>(when));
}

int run(const Options &options)
{
	Path out, in;
	std::map<std::string, int64_t> marks;

	out.name = "nut_to_peer";
	in.name = "peer_to_nut";
	out.to = address(options.far, kPort);
	in.to = address(options.near, kPort);
	Result<bool> opened = open_paths(options, out, in);
	if (!opened)
		return complain(opened.failure());
	Result<int> control = open_control();
	if (!control)
		return complain(control.failure());

	const int64_t offset = realtime_offset();
	const int64_t start_ns = now_ns() + 10 * kNsPerMs;
	const auto id = static_cast<uint32_t>(start_ns ^ getpid());
	if (options.duration_ns)
		end_of_run = start_ns + options.duration_ns;
	std::thread([&] { send_all(out, options, start_ns, id); }).detach();
	std::thread([&] { send_all(in, options, start_ns, id); }).detach();

	// Until both senders have caught up, but for no longer than they may lag.
	for (int64_t settled = INT64_MAX; now_ns() < settled;) {
		std::array<struct pollfd, 3> fds = {{{out.receiver, POLLIN, 0}, {in.receiver, POLLIN, 0},
						     {*control, POLLIN, 0}}};

		poll(fds.data(), fds.size(), 20);
		receive(out, offset, id);
		receive(in, offset, id);
		read_control(*control, marks);
		const int64_t end = end_of_run, now = now_ns();
		if (now < end)
			continue;
		if (out.done && in.done)
			settled = std::min(settled, now + kSettleNs);
		else
			settled = end + kCatchUpNs + kSettleNs;
	}
	const int64_t end_ns = end_of_run;
	unlink(kControl);

	json result = {{"start_ns", start_ns}, {"end_ns", end_ns}, {"spacing_ns", options.spacing_ns},
		       {"marks", json::object()}};
	for (const Path *path : {&out, &in})
		result[path->name] = describe(*path, options, start_ns, end_ns);
	for (const auto &[name, when] : marks) {
		json &mark = result["marks"][name];

		mark["at_ns"] = when;
		for (const Path *path : {&out, &in})
			mark[path->name] = describe_since(*path, options, when, start_ns, end_ns);
	}
	printf("%s\n", result.dump().c_str());
	fflush(stdout);
	_exit(0);	// a sender that is stuck cannot be joined
}

Result<Options> parse(const std::vector<std::string> &words)
{
	Options options;

	if (words.size() % 2)
		return Failure{"an option lacks its value", EINVAL};
	for (size_t i = 0; i < words.size(); i += 2) {
		const std::string &value = words[i + 1];

		if (words[i] == "--spacing-us")
			options.spacing_ns = atoll(value.c_str()) * 1000;
		else if (words[i] == "--duration-ms")
			options.duration_ns = atoll(value.c_str()) * kNsPerMs;
		else if (words[i] == "--size")
			options.size = static_cast<size_t>(atoll(value.c_str()));
		else if (words[i] == "--near")
			options.near = value;
		else if (words[i] == "--far")
			options.far = value;
		else if (words[i] == "--far-netns")
			options.far_netns = value;
		else
			return Failure{"unknown option", EINVAL};
	}
	if (options.spacing_ns <= 0 || options.duration_ns < 0 || options.size < 60 || options.size > 1514)
		return Failure{"option out of range", ERANGE};
	return options;
}

} // namespace

int main(int argc, char **argv)
{
	const std::vector<std::string> words(argv + 1, argv + argc);

	if (!words.empty() && words[0] == "run") {
		Result<Options> options = parse({words.begin() + 1, words.end()});

		return options ? run(*options) : complain(options.failure());
	}
	if (words.size() == 2 && words[0] == "mark")
		return command("mark", words[1]);
	if (words.size() == 1 && words[0] == "stop")
		return command("stop", "");
	fprintf(stderr, "usage: probe run [options] | mark NAME | stop\n");
	return 2;
}
