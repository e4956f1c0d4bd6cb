// SPDX-License-Identifier: GPL-2.0
// Runs what the host asks for, and answers over a virtio-serial port.
//
// A request and its answer are one line of JSON each, tied by "id":
//   {"id", "op": "ping"}                        -> {"monotonic_ns", "realtime_ns"}
//   {"id", "op": "run", "argv"|"shell", "timeout_s", "stdin"?}
//       -> {"rc", "out", "err", "timed_out", "stuck", "start_ns", "guest_ns"}
//   {"id", "op": "start", ...as run}            -> {"job", "pid", "start_ns"}
//   {"id", "op": "collect", "job", "wait_s"}    -> as run, or {"running": true}
//   {"id", "op": "signal", "job", "signal"}     -> {}
//   {"id", "op": "read", "path"}                -> {"data"} (base64)
//   {"id", "op": "write", "path", "data", "append"?, "mode"?} -> {}
// or {"id", "error", "errno"?}.  Lines that are no request get {"error"} with a
// null id: the host sends one after a snapshot was loaded, to end half a line.
//
// One thread, one poll loop: a command that hangs, in the kernel even, holds up
// nothing but its own answer.  What cannot be killed is reported as "stuck".

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "result.h"

namespace {

using fgft::Failure;
using fgft::failed;
using fgft::kNsPerMs;
using fgft::kNsPerSec;
using fgft::now_ns;
using fgft::Result;
using nlohmann::json;

constexpr size_t kOutputMax = 4U << 20;	// of each stream; the rest is dropped and said so
constexpr size_t kLineMax = 16U << 20;
constexpr int64_t kKillGraceNs = kNsPerSec;
// A daemon may keep the pipes of a command that has ended.
constexpr int64_t kDrainNs = kNsPerSec / 10;
constexpr int64_t kHostGonePollMs = 20;
constexpr int64_t kPollMaxMs = 60000;

// A file descriptor with one owner.
class Fd {
public:
	explicit Fd(int fd = -1) : fd_(fd) {}
	Fd(Fd &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
	Fd &operator=(Fd &&other) noexcept
	{
		reset(std::exchange(other.fd_, -1));
		return *this;
	}
	Fd(const Fd &) = delete;
	Fd &operator=(const Fd &) = delete;
	~Fd() { reset(); }

	int get() const { return fd_; }
	bool open() const { return fd_ >= 0; }
	void reset(int fd = -1)
	{
		if (fd_ >= 0)
			close(fd_);
		fd_ = fd;
	}

private:
	int fd_;
};

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64_encode(const std::string &in)
{
	std::string out;

	for (size_t i = 0; i < in.size(); i += 3) {
		uint32_t group = 0;
		const size_t have = std::min<size_t>(3, in.size() - i);

		for (size_t k = 0; k < 3; k++)
			group = group << 8 | (k < have ? static_cast<unsigned char>(in[i + k]) : 0U);
		for (size_t k = 0; k < 4; k++)
			out += k <= have ? kBase64[group >> (18 - 6 * k) & 63] : '=';
	}
	return out;
}

Result<std::string> base64_decode(const std::string &in)
{
	std::string out;
	uint32_t group = 0;
	int bits = 0;

	for (const char c : in) {
		if (c == '=')
			break;
		const char *at = std::strchr(kBase64, c);
		if (!at || !c)
			return Failure{"base64", EINVAL};
		group = group << 6 | static_cast<uint32_t>(at - kBase64);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out += static_cast<char>(group >> bits & 0xff);
		}
	}
	return out;
}

// Append what can be read; returns false at the end of the stream.
bool drain(int fd, std::string &into, size_t max, bool &truncated)
{
	std::array<char, 65536> block;

	for (;;) {
		const ssize_t got = read(fd, block.data(), block.size());

		if (got < 0)
			return errno == EAGAIN || errno == EINTR;
		if (!got)
			return false;
		const size_t room = max - std::min(max, into.size());
		into.append(block.data(), std::min(room, static_cast<size_t>(got)));
		truncated |= static_cast<size_t>(got) > room;
	}
}

// A command under way, or ended and not yet collected.
struct Job {
	uint64_t number = 0;
	pid_t pid = -1;
	std::optional<uint64_t> request;	// who waits for the end
	int64_t reply_by = INT64_MAX;	// "collect" with a bound
	int64_t start_ns = 0;
	int64_t deadline = INT64_MAX;
	int64_t end_ns = 0;		// 0: the process has not been reaped
	int status = 0;
	bool timed_out = false;
	bool stuck = false;
	bool truncated = false;
	Fd process;			// readable once the process has ended
	Fd in, out, err;
	std::string to_stdin, stdout_text, stderr_text;

	bool finished(int64_t now) const
	{
		if (stuck)
			return true;
		return end_ns && ((!out.open() && !err.open()) || now > end_ns + kDrainNs);
	}
	int64_t next_event() const;
	json result() const;
};

// When advance() has something to do although no descriptor became ready.
int64_t Job::next_event() const
{
	const int64_t kill_at = end_ns || stuck ? INT64_MAX : deadline;
	const int64_t give_up_at = kill_at == INT64_MAX || !timed_out ? kill_at : kill_at + kKillGraceNs;
	const int64_t drained_at = end_ns && request ? end_ns + kDrainNs : INT64_MAX;

	return std::min({give_up_at, drained_at, request ? reply_by : INT64_MAX});
}

json Job::result() const
{
	json reply = {{"out", stdout_text},
		      {"err", stderr_text},
		      {"timed_out", timed_out},
		      {"stuck", stuck},
		      {"truncated", truncated},
		      {"start_ns", start_ns},
		      {"guest_ns", (end_ns ? end_ns : now_ns()) - start_ns}};

	if (!end_ns)
		reply["rc"] = nullptr;
	else if (WIFSIGNALED(status))
		reply["rc"] = -WTERMSIG(status);
	else
		reply["rc"] = WEXITSTATUS(status);
	return reply;
}

struct Pipes {
	Fd in_read, in_write, out_read, out_write, err_read, err_write;
};

Result<Pipes> make_pipes()
{
	int in[2], out[2], err[2];

	if (pipe2(in, O_CLOEXEC))
		return failed("pipe");
	Fd in_read(in[0]), in_write(in[1]);
	if (pipe2(out, O_CLOEXEC))
		return failed("pipe");
	Fd out_read(out[0]), out_write(out[1]);
	if (pipe2(err, O_CLOEXEC))
		return failed("pipe");
	Pipes pipes{std::move(in_read), std::move(in_write), std::move(out_read),
		    std::move(out_write), Fd(err[0]), Fd(err[1])};
	for (const int fd : {in[1], out[0], err[0]})
		if (fcntl(fd, F_SETFL, O_NONBLOCK))
			return failed("fcntl");
	return pipes;
}

// In the child: never returns.
[[noreturn]] void become(const Pipes &pipes, const std::vector<std::string> &argv)
{
	std::vector<char *> args;

	setsid();
	signal(SIGPIPE, SIG_DFL);
	dup2(pipes.in_read.get(), 0);
	dup2(pipes.out_write.get(), 1);
	dup2(pipes.err_write.get(), 2);
	args.reserve(argv.size() + 1);
	for (const std::string &arg : argv)
		args.push_back(const_cast<char *>(arg.c_str()));
	args.push_back(nullptr);
	execvp(args[0], args.data());
	dprintf(2, "agent: cannot run %s: %s\n", args[0], std::strerror(errno));
	_exit(127);
}

class Agent {
public:
	explicit Agent(Fd port) : port_(std::move(port)) {}
	[[noreturn]] void serve();

private:
	void wait_for_work();
	void read_port();
	void handle(const std::string &line);
	void handle_request(const json &request, uint64_t id);
	void handle_start(const json &request, uint64_t id, bool background);
	void handle_collect(const json &request, uint64_t id);
	void handle_signal(const json &request, uint64_t id);
	void handle_read(const json &request, uint64_t id);
	void handle_write(const json &request, uint64_t id);
	Job *find(const json &request);

	Result<std::unique_ptr<Job>> spawn(const std::vector<std::string> &argv);
	void pump(Job &job);
	void reap();
	void advance(Job &job, int64_t now);

	void reply(std::optional<uint64_t> id, json body);
	void refuse(std::optional<uint64_t> id, const std::string &why, int error = 0);
	void flush();

	Fd port_;
	std::string input_, output_;
	bool input_truncated_ = false;
	bool host_gone_ = false;
	std::list<std::unique_ptr<Job>> jobs_;
	uint64_t next_job_ = 1;
};

void Agent::reply(std::optional<uint64_t> id, json body)
{
	body["id"] = id ? json(*id) : json(nullptr);
	// A command may print anything; what is not UTF-8 is replaced.
	output_ += body.dump(-1, ' ', false, json::error_handler_t::replace);
	output_ += '\n';
}

void Agent::refuse(std::optional<uint64_t> id, const std::string &why, int error)
{
	json body = {{"error", error ? why + ": " + std::strerror(error) : why}};

	if (error)
		body["errno"] = error;
	reply(id, std::move(body));
}

void Agent::flush()
{
	while (!output_.empty()) {
		const ssize_t put = write(port_.get(), output_.data(), std::min<size_t>(output_.size(), 32768));

		if (put <= 0)
			return;	// the host reads slowly, or is not there: poll tells when
		output_.erase(0, static_cast<size_t>(put));
	}
}

Result<std::unique_ptr<Job>> Agent::spawn(const std::vector<std::string> &argv)
{
	Result<Pipes> pipes = make_pipes();

	if (!pipes)
		return pipes.failure();
	auto job = std::make_unique<Job>();
	job->start_ns = now_ns();
	job->pid = fork();
	if (job->pid < 0)
		return failed("fork");
	if (!job->pid)
		become(*pipes, argv);
	job->process.reset(static_cast<int>(syscall(SYS_pidfd_open, job->pid, 0)));
	job->number = next_job_++;
	job->in = std::move((*pipes).in_write);
	job->out = std::move((*pipes).out_read);
	job->err = std::move((*pipes).err_read);
	return job;
}

void Agent::handle_start(const json &request, uint64_t id, bool background)
{
	std::vector<std::string> argv;

	if (request.contains("shell") && request["shell"].is_string()) {
		argv = {"/bin/sh", "-c", request["shell"].get<std::string>()};
	} else if (request.contains("argv") && request["argv"].is_array() && !request["argv"].empty()) {
		for (const json &word : request["argv"]) {
			if (!word.is_string())
				return refuse(id, "argv holds something that is no string");
			argv.push_back(word.get<std::string>());
		}
	} else {
		return refuse(id, "neither argv nor shell given");
	}

	Result<std::unique_ptr<Job>> started = spawn(argv);
	if (!started)
		return refuse(id, started.failure().what, started.failure().error);
	Job &job = **started;
	const double timeout_s = request.contains("timeout_s") && request["timeout_s"].is_number()
					 ? request["timeout_s"].get<double>() : 0;
	if (timeout_s > 0)
		job.deadline = job.start_ns + static_cast<int64_t>(timeout_s * kNsPerSec);
	if (request.contains("stdin") && request["stdin"].is_string())
		job.to_stdin = request["stdin"].get<std::string>();
	if (background)
		reply(id, {{"job", job.number}, {"pid", job.pid}, {"start_ns", job.start_ns}});
	else
		job.request = id;
	jobs_.push_back(std::move(*started));
}

Job *Agent::find(const json &request)
{
	if (!request.contains("job") || !request["job"].is_number_unsigned())
		return nullptr;
	const uint64_t number = request["job"].get<uint64_t>();
	for (const auto &job : jobs_)
		if (job->number == number)
			return job.get();
	return nullptr;
}

void Agent::handle_collect(const json &request, uint64_t id)
{
	Job *job = find(request);

	if (!job)
		return refuse(id, "no such job");
	if (job->request)
		return refuse(id, "job is being collected already");
	const double wait_s = request.contains("wait_s") && request["wait_s"].is_number()
				      ? request["wait_s"].get<double>() : 0;
	job->request = id;
	job->reply_by = now_ns() + static_cast<int64_t>(wait_s * kNsPerSec);
}

void Agent::handle_signal(const json &request, uint64_t id)
{
	Job *job = find(request);

	if (!job)
		return refuse(id, "no such job");
	if (!request.contains("signal") || !request["signal"].is_number_integer())
		return refuse(id, "signal is no number");
	if (!job->end_ns && kill(-job->pid, request["signal"].get<int>()))
		return refuse(id, "kill", errno);
	reply(id, json::object());
}

void Agent::handle_read(const json &request, uint64_t id)
{
	std::string data;
	bool truncated = false;

	if (!request.contains("path") || !request["path"].is_string())
		return refuse(id, "path is no string");
	const Fd fd(open(request["path"].get<std::string>().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
	if (!fd.open())
		return refuse(id, "open", errno);
	errno = 0;
	if (drain(fd.get(), data, kOutputMax, truncated) && errno != EAGAIN)
		return refuse(id, "read", errno);
	reply(id, {{"data", base64_encode(data)}, {"truncated", truncated}});
}

void Agent::handle_write(const json &request, uint64_t id)
{
	if (!request.contains("path") || !request["path"].is_string() || !request.contains("data") ||
	    !request["data"].is_string())
		return refuse(id, "path or data is no string");
	Result<std::string> decoded = base64_decode(request["data"].get<std::string>());
	if (!decoded)
		return refuse(id, decoded.failure().what, decoded.failure().error);
	const std::string &data = *decoded;
	const bool append = request.value("append", false);
	const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC);
	const auto mode = static_cast<mode_t>(request.value("mode", 0644));
	const Fd fd(open(request["path"].get<std::string>().c_str(), flags, mode));
	if (!fd.open())
		return refuse(id, "open", errno);
	for (size_t done = 0; done < data.size();) {
		const ssize_t put = write(fd.get(), data.data() + done, data.size() - done);

		if (put <= 0)
			return refuse(id, "write", errno);
		done += static_cast<size_t>(put);
	}
	reply(id, json::object());
}

void Agent::handle_request(const json &request, uint64_t id)
{
	const std::string op = request["op"].get<std::string>();

	if (op == "ping")
		reply(id, {{"monotonic_ns", now_ns()}, {"realtime_ns", now_ns(CLOCK_REALTIME)}});
	else if (op == "run" || op == "start")
		handle_start(request, id, op == "start");
	else if (op == "collect")
		handle_collect(request, id);
	else if (op == "signal")
		handle_signal(request, id);
	else if (op == "read")
		handle_read(request, id);
	else if (op == "write")
		handle_write(request, id);
	else
		refuse(id, "unknown op " + op);
}

void Agent::handle(const std::string &line)
{
	if (line.empty())
		return;
	const json request = json::parse(line, nullptr, false);
	if (request.is_discarded() || !request.is_object() || !request.contains("id") ||
	    !request["id"].is_number_unsigned() || !request.contains("op") || !request["op"].is_string())
		return refuse(std::nullopt, "not a request");
	handle_request(request, request["id"].get<uint64_t>());
}

void Agent::read_port()
{
	// The port reads as ended while no host is connected: that is no error.
	host_gone_ = !drain(port_.get(), input_, kLineMax, input_truncated_);
	for (size_t end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
		const std::string line = input_.substr(0, end);

		input_.erase(0, end + 1);
		handle(line);
	}
	if (input_truncated_) {
		input_.clear();
		input_truncated_ = false;
		refuse(std::nullopt, "line too long");
	}
}

void Agent::pump(Job &job)
{
	if (job.out.open() && !drain(job.out.get(), job.stdout_text, kOutputMax, job.truncated))
		job.out.reset();
	if (job.err.open() && !drain(job.err.get(), job.stderr_text, kOutputMax, job.truncated))
		job.err.reset();
	if (!job.in.open())
		return;
	const ssize_t put = write(job.in.get(), job.to_stdin.data(), job.to_stdin.size());
	if (put > 0)
		job.to_stdin.erase(0, static_cast<size_t>(put));
	if (job.to_stdin.empty() || (put < 0 && errno != EAGAIN))
		job.in.reset();
}

void Agent::reap()
{
	int status = 0;

	// Only our own children: PID 1 is the shell that started us.
	for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
		for (const auto &job : jobs_) {
			if (job->pid == pid && !job->end_ns) {
				job->end_ns = now_ns();
				job->status = status;
				job->process.reset();
			}
		}
	}
}

// Enforce a job's deadline and answer whoever waits for it.
void Agent::advance(Job &job, int64_t now)
{
	if (!job.end_ns && now > job.deadline) {
		if (!job.timed_out)
			kill(-job.pid, SIGKILL);
		job.timed_out = true;
		job.stuck = now > job.deadline + kKillGraceNs;
	}
	if (!job.request)
		return;
	if (job.finished(now)) {
		reply(*job.request, job.result());
		job.request.reset();
		job.number = 0;	// collected: to be dropped
	} else if (now > job.reply_by) {
		reply(*job.request, {{"running", true}});
		job.request.reset();
		job.reply_by = INT64_MAX;
	}
}

void Agent::wait_for_work()
{
	std::vector<struct pollfd> fds;
	const auto events = static_cast<short>(POLLIN | (output_.empty() ? 0 : POLLOUT));

	// poll() reports a hang-up whether asked to or not; look again later instead.
	fds.push_back({host_gone_ ? -1 : port_.get(), events, 0});
	int64_t next = host_gone_ ? now_ns() + kHostGonePollMs * kNsPerMs : INT64_MAX;
	for (const auto &job : jobs_) {
		fds.push_back({job->out.get(), POLLIN, 0});
		fds.push_back({job->err.get(), POLLIN, 0});
		fds.push_back({job->process.get(), POLLIN, 0});
		fds.push_back({job->to_stdin.empty() ? -1 : job->in.get(), POLLOUT, 0});
		next = std::min(next, job->next_event());
	}
	// With nothing due no timer runs, so an idle guest stays idle.
	const int64_t ms = std::clamp<int64_t>((next - now_ns()) / kNsPerMs + 1, 0, kPollMaxMs);
	poll(fds.data(), fds.size(), next == INT64_MAX ? -1 : static_cast<int>(ms));
}

void Agent::serve()
{
	for (;;) {
		wait_for_work();
		read_port();
		reap();
		for (const auto &job : jobs_)
			pump(*job);
		const int64_t now = now_ns();
		for (const auto &job : jobs_)
			advance(*job, now);
		jobs_.remove_if([](const auto &job) { return !job->number; });
		flush();
	}
}

} // namespace

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: agent <port device>\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	Fd port(open(argv[1], O_RDWR | O_NONBLOCK | O_CLOEXEC));
	if (!port.open()) {
		fprintf(stderr, "agent: error: cannot open %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	Agent(std::move(port)).serve();
}
