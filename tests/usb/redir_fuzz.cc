// SPDX-License-Identifier: GPL-2.0
// Fuzzes the device's end of the protocol.
//
// The input is read as a script, for random bytes hardly ever make a packet: a byte
// says what comes, another how long it is.  Most are packets of a known type with
// a body of any length; some are bytes without any order, frames of the wire, a
// cable pulled, snapshots.

#include <cstdlib>

#include "host.h"

namespace fgft::usb {
namespace {

constexpr std::array<uint32_t, 26> kTypes = {
	usb_redir_hello, usb_redir_reset, usb_redir_set_configuration, usb_redir_get_configuration, usb_redir_set_alt_setting,
	usb_redir_get_alt_setting, usb_redir_start_iso_stream, usb_redir_stop_iso_stream, usb_redir_start_interrupt_receiving,
	usb_redir_stop_interrupt_receiving, usb_redir_alloc_bulk_streams, usb_redir_free_bulk_streams,
	usb_redir_cancel_data_packet, usb_redir_filter_reject, usb_redir_filter_filter, usb_redir_device_disconnect_ack,
	usb_redir_start_bulk_receiving, usb_redir_stop_bulk_receiving, usb_redir_control_packet, usb_redir_bulk_packet,
	usb_redir_iso_packet, usb_redir_interrupt_packet, usb_redir_buffered_bulk_packet, usb_redir_device_connect,
	usb_redir_ep_info, usb_redir_bulk_receiving_status,
};

constexpr uint8_t kControl = 0x40;	// a register written, which random bodies hardly ever do
constexpr uint8_t kRaw = 0x60;
constexpr uint8_t kFrame = 0x80;
constexpr uint8_t kOther = 0xc0;

class Script {
public:
	Script(const uint8_t *data, size_t size) : at_(data), end_(data + size) {}

	bool over() const { return at_ == end_; }
	uint8_t byte() { return over() ? 0 : *at_++; }
	std::string bytes(size_t count)
	{
		const size_t some = std::min(count, static_cast<size_t>(end_ - at_));
		std::string found(reinterpret_cast<const char *>(at_), some);

		at_ += some;
		return found;
	}

private:
	const uint8_t *at_, *end_;
};

void play(Script &script)
{
	Host host;
	Snapshot snapshot = host.device.save();

	while (!script.over()) {
		const uint8_t what = script.byte();
		const uint8_t size = script.byte();

		if (what < kControl) {
			host.send_bytes(encode(kTypes[what % kTypes.size()], size & 3, script.bytes(size)));
		} else if (what < kRaw) {
			host.write(script.byte(), script.bytes(size & 7));
		} else if (what < kFrame) {
			host.send_bytes(script.bytes(size));
		} else if (what < kOther) {
			const std::string frame = script.bytes(size) + std::string((what & 0x3f) << 5, 'x');

			host.device.receive(Bytes(frame.begin(), frame.end()));
		} else if (what & 1) {
			host.device.set_link(what & 2);
		} else if (what & 2) {
			snapshot = host.device.save();
		} else if (what & 4) {
			host.device.restore(snapshot);
		} else {
			host.ask_bulk(size, script.byte());
		}
		// What it holds is bounded, and what it says can be read.
		if (!host.device.has_room() && what < kControl && kTypes[what % kTypes.size()] == usb_redir_reset)
			std::abort();
		for (const Bytes &frame : host.device.sent())
			if (frame.size() < kShortestFrame || frame.size() > kLongestFrame)
				std::abort();
		host.device.sent().clear();
		for (const Packet &packet : host.answers())
			if (packet.body.size() > 70000)
				std::abort();
	}
}

} // namespace
} // namespace fgft::usb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fgft::usb::Script script(data, size);

	fgft::usb::play(script);
	return 0;
}
