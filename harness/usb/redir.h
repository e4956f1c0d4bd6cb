/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The adapter at the end of a usbredir connection, as QEMU's usb-redir device
 * wants it: bytes in, bytes out.  Nothing here waits or knows of sockets.
 */
#ifndef FGFT_USB_REDIR_H
#define FGFT_USB_REDIR_H

#include <memory>
#include <string>
#include <vector>

#include <usbredirparser.h>

#include "adapter.h"

namespace fgft::usb {

/* What an endpoint remembers of itself besides the state of its connection. */
struct Snapshot {
	Adapter adapter;
	bool connected;
};

class Redir {
public:
	/* Complaints of the protocol's library are printed unless `quiet`. */
	explicit Redir(const Address &address, bool quiet = false);

	/* Bytes from the host; false if it no longer speaks the protocol. */
	bool feed(const uint8_t *data, size_t size);
	/* Bytes to the host, taken off by the caller. */
	std::string &output();

	/* Frames: from the wire, and those to it, taken off by the caller. */
	void receive(const Bytes &frame);
	bool has_room() const { return state_.adapter.chip.has_room(); }
	std::vector<Bytes> &sent() { return sent_; }

	void set_link(bool up);

	/* Pull the plug; the host says when it has cleared away what it knew. */
	void unplug();
	bool unplugged() const { return unplugged_; }

	/*
	 * The state apart from the connection: the host's half of that returns with
	 * the host's own snapshot, and both are taken with nothing under way.
	 */
	Snapshot save() const { return state_; }
	void restore(const Snapshot &snapshot);

private:
	struct Free {
		void operator()(usbredirparser *parser) const { usbredirparser_destroy(parser); }
	};
	class Calls;	// the library's callbacks

	void connect();
	void tell_endpoints();
	void flush();

	std::unique_ptr<usbredirparser, Free> parser_;
	Snapshot state_;
	Bytes input_;
	size_t taken_ = 0;	// of input_
	std::string output_;
	std::vector<Bytes> sent_;
	bool unplugged_ = false;
	bool quiet_;
};

} // namespace fgft::usb

#endif /* FGFT_USB_REDIR_H */
