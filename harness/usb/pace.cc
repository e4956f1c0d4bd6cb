// SPDX-License-Identifier: GPL-2.0
// Loaded into a QEMU that counts instructions (LD_PRELOAD): whatever QEMU sends to
// the USB device or to its wire has been dealt with when QEMU goes on, and the
// answers are there to be read.
//
// The clock of such a QEMU stands still meanwhile.  So the device takes no time,
// however busy the host is, and an idle guest's clock may leap to its next timer.
//
//	FGFT_USB	the path of the device's socket; those of the wire and of
//			the pace begin with it (Sockets in model.py)

#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr int kNotYet = -1;
constexpr int kGone = -2;

const std::string &host_path()
{
	static const char *const set = std::getenv("FGFT_USB");
	static const std::string path(set ? set : "");

	return path;
}

bool names(const sockaddr_un &address, socklen_t length, const std::string &path)
{
	return length > sizeof(sa_family_t) && address.sun_family == AF_UNIX &&
	       path == std::string(address.sun_path, strnlen(address.sun_path, length - sizeof(sa_family_t)));
}

int reach()
{
	const std::string path = host_path() + "-pace";
	sockaddr_un address = {};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sun_family = AF_UNIX;
	if (fd < 0 || path.size() >= sizeof(address.sun_path))
		return kGone;
	std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
	if (connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) == 0)
		return fd;
	close(fd);
	return kGone;
}

// A byte there, and one back when the device has nothing to do any more.  Those who
// send hold QEMU's one big lock: one at a time is here.
void await_device()
{
	static int fd = kNotYet;
	const int error = errno;
	char byte = 0;
	ssize_t done = 0;

	if (fd == kNotYet)
		fd = reach();
	if (fd == kGone)
		return;
	do
		done = write(fd, &byte, 1);
	while (done < 0 && errno == EINTR);
	do
		done = done == 1 ? read(fd, &byte, 1) : done;
	while (done < 0 && errno == EINTR);
	if (done != 1) {
		close(fd);
		fd = kGone;
	}
	errno = error;
}

template <typename Function> Function *real(const char *name)
{
	return reinterpret_cast<Function *>(dlsym(RTLD_NEXT, name));
}

} // namespace

extern "C" {

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	static auto *const next = real<ssize_t(int, const struct msghdr *, int)>("sendmsg");
	const ssize_t sent = next(fd, message, flags);
	sockaddr_un peer = {};
	socklen_t length = sizeof(peer);

	if (sent > 0 && !host_path().empty() && getpeername(fd, reinterpret_cast<sockaddr *>(&peer), &length) == 0 &&
	    names(peer, length, host_path()))
		await_device();
	return sent;
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t length)
{
	static auto *const next = real<ssize_t(int, const void *, size_t, int, const struct sockaddr *, socklen_t)>("sendto");
	const ssize_t sent = next(fd, data, size, flags, to, length);

	if (sent > 0 && !host_path().empty() && to && to->sa_family == AF_UNIX) {
		sockaddr_un peer = {};

		std::memcpy(&peer, to, length < sizeof(peer) ? length : sizeof(peer));
		if (names(peer, length, host_path() + "-wire"))
			await_device();
	}
	return sent;
}

} // extern "C"
