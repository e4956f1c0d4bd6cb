/* SPDX-License-Identifier: GPL-2.0 */
/* The adapter's sockets: the host's controller, the wire, and who controls the two. */
#ifndef FGFT_USB_SERVER_H
#define FGFT_USB_SERVER_H

#include <map>
#include <string>
#include <string_view>

#include "redir.h"

namespace fgft::usb {

/* Paths of unix sockets. */
struct Paths {
	std::string host;	// QEMU's usb-redir connects to this one
	std::string control;	// and the harness to this one
	std::string wire;	// frames come in here, a datagram each
	std::string peer;	// and go out there
	std::string pace;	// QEMU asks here whether all is done: pace.cc
};

class Server {
public:
	Server(const Paths &paths, const Address &address) : paths_(paths), redir_(address) {}
	Server(const Server &) = delete;
	Server &operator=(const Server &) = delete;
	~Server();

	/* Creates the sockets; what failed, nullptr if nothing. */
	const char *open();
	/* Serves until the one that controls it goes; what failed, nullptr if nothing. */
	const char *run();

private:
	const char *step();
	const char *accept_from(int &listener, int &peer);
	bool read_host();
	bool write_host();
	void read_wire();
	bool write_wire();
	bool read_control();
	bool is_done();
	void tell_pace();
	std::string obey(std::string_view line);
	bool settle();
	bool unplug();
	std::string load(const std::string &name);

	Paths paths_;
	Redir redir_;
	std::map<std::string, Snapshot, std::less<>> snapshots_;
	std::string line_;
	int host_listener_ = -1, control_listener_ = -1, pace_listener_ = -1;
	int host_ = -1, control_ = -1, wire_ = -1, pace_ = -1;
	bool reached_ = false;	// the wire's other end
	bool held_ = false;	// neither host nor wire is served
};

} // namespace fgft::usb

#endif /* FGFT_USB_SERVER_H */
