// SPDX-License-Identifier: GPL-2.0
// See redir.h.

#include "redir.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace fgft::usb {

namespace {

constexpr size_t kEndpoints = 32;	// of the protocol: 16 to the device, 16 from it

uint8_t status_of(Status status)
{
	switch (status) {
	case Status::kDone:
		return usb_redir_success;
	case Status::kStalled:
		return usb_redir_stall;
	case Status::kCancelled:
		return usb_redir_cancelled;
	}
	return usb_redir_ioerror;
}

// Where an endpoint's figures stand in the protocol's tables.
size_t place_of(uint8_t endpoint)
{
	return (endpoint & 0x80 ? 16 : 0) + (endpoint & 0x0f);
}

uint32_t bulk_length(const usb_redir_bulk_packet_header &header)
{
	return header.length | static_cast<uint32_t>(header.length_high) << 16;
}

} // namespace

// What the library calls; `priv` is the endpoint, `data` is ours to free.
class Redir::Calls {
public:
	static void set(usbredirparser &parser, Redir &redir)
	{
		parser.priv = &redir;
		parser.log_func = log;
		parser.read_func = read;
		parser.write_func = write;
		parser.hello_func = hello;
		parser.reset_func = reset;
		parser.set_configuration_func = set_configuration;
		parser.get_configuration_func = get_configuration;
		parser.set_alt_setting_func = set_alt_setting;
		parser.get_alt_setting_func = get_alt_setting;
		parser.start_interrupt_receiving_func = start_interrupts;
		parser.stop_interrupt_receiving_func = stop_interrupts;
		parser.cancel_data_packet_func = cancel;
		parser.control_packet_func = control;
		parser.bulk_packet_func = bulk;
		parser.interrupt_packet_func = interrupt;
		// Nothing of ours has these; the host hears of that where it waits for an answer.
		parser.start_iso_stream_func = start_iso;
		parser.stop_iso_stream_func = stop_iso;
		parser.iso_packet_func = iso;
		parser.alloc_bulk_streams_func = alloc_streams;
		parser.free_bulk_streams_func = free_streams;
		parser.start_bulk_receiving_func = start_bulk;
		parser.stop_bulk_receiving_func = stop_bulk;
		parser.filter_reject_func = [](void *) {};
		parser.filter_filter_func = [](void *, usbredirfilter_rule *rules, int) { std::free(rules); };
		parser.device_disconnect_ack_func = [](void *priv) { self(priv).unplugged_ = true; };
	}

private:
	static Redir &self(void *priv) { return *static_cast<Redir *>(priv); }
	static usbredirparser *out(void *priv) { return self(priv).parser_.get(); }
	static Adapter &adapter(void *priv) { return self(priv).state_.adapter; }

	static Bytes take(void *priv, uint8_t *data, int size)
	{
		Bytes bytes(data, data + std::max(size, 0));

		usbredirparser_free_packet_data(out(priv), data);
		return bytes;
	}

	static void log(void *priv, int level, const char *message)
	{
		if (!self(priv).quiet_ && level <= usbredirparser_warning)
			std::fprintf(stderr, "usb: %s\n", message);
	}

	static int read(void *priv, uint8_t *data, int count)
	{
		Redir &redir = self(priv);
		const size_t left = redir.input_.size() - redir.taken_;
		const size_t some = std::min(left, static_cast<size_t>(std::max(count, 0)));

		std::copy_n(redir.input_.begin() + static_cast<std::ptrdiff_t>(redir.taken_), some, data);
		redir.taken_ += some;
		return static_cast<int>(some);
	}

	static int write(void *priv, uint8_t *data, int count)
	{
		self(priv).output_.append(reinterpret_cast<const char *>(data), static_cast<size_t>(count));
		return count;
	}

	static void hello(void *priv, usb_redir_hello_header *)
	{
		self(priv).connect();
	}

	static void reset(void *priv)
	{
		adapter(priv).reset();
	}

	static void set_configuration(void *priv, uint64_t id, usb_redir_set_configuration_header *header)
	{
		const bool done = adapter(priv).configure(header->configuration);

		if (done)
			self(priv).tell_endpoints();
		tell_configuration(priv, id, done);
	}

	static void get_configuration(void *priv, uint64_t id)
	{
		tell_configuration(priv, id, true);
	}

	static void tell_configuration(void *priv, uint64_t id, bool done)
	{
		usb_redir_configuration_status_header answer = {};

		answer.status = done ? usb_redir_success : usb_redir_stall;
		answer.configuration = adapter(priv).configuration();
		usbredirparser_send_configuration_status(out(priv), id, &answer);
	}

	static void set_alt_setting(void *priv, uint64_t id, usb_redir_set_alt_setting_header *header)
	{
		tell_alt_setting(priv, id, header->interface, header->interface == 0 && header->alt == 0);
	}

	static void get_alt_setting(void *priv, uint64_t id, usb_redir_get_alt_setting_header *header)
	{
		tell_alt_setting(priv, id, header->interface, header->interface == 0);
	}

	static void tell_alt_setting(void *priv, uint64_t id, uint8_t interface, bool done)
	{
		usb_redir_alt_setting_status_header answer = {};

		answer.status = done ? usb_redir_success : usb_redir_stall;
		answer.interface = interface;
		usbredirparser_send_alt_setting_status(out(priv), id, &answer);
	}

	static void start_interrupts(void *priv, uint64_t id, usb_redir_start_interrupt_receiving_header *header)
	{
		tell_interrupts(priv, id, header->endpoint, true);
	}

	static void stop_interrupts(void *priv, uint64_t id, usb_redir_stop_interrupt_receiving_header *header)
	{
		tell_interrupts(priv, id, header->endpoint, false);
	}

	static void tell_interrupts(void *priv, uint64_t id, uint8_t endpoint, bool wanted)
	{
		usb_redir_interrupt_receiving_status_header answer = {};

		answer.status = endpoint == kInterruptIn ? usb_redir_success : usb_redir_inval;
		answer.endpoint = endpoint;
		if (endpoint == kInterruptIn)
			adapter(priv).listen(wanted);
		usbredirparser_send_interrupt_receiving_status(out(priv), id, &answer);
	}

	static void cancel(void *priv, uint64_t id)
	{
		// What is over already has been answered.
		adapter(priv).cancel(id);
	}

	static void control(void *priv, uint64_t id, usb_redir_control_packet_header *header, uint8_t *data, int size)
	{
		const Setup setup = {header->requesttype, header->request, header->value, header->index, header->length};
		const std::optional<Bytes> answer = adapter(priv).control(setup, take(priv, data, size));
		const bool to_host = header->endpoint & 0x80;
		usb_redir_control_packet_header reply = *header;
		Bytes back = to_host && answer ? *answer : Bytes();

		reply.status = answer ? usb_redir_success : usb_redir_stall;
		reply.length = static_cast<uint16_t>(to_host ? back.size() : answer ? header->length : 0);
		usbredirparser_send_control_packet(out(priv), id, &reply, back.data(), static_cast<int>(back.size()));
	}

	static void bulk(void *priv, uint64_t id, usb_redir_bulk_packet_header *header, uint8_t *data, int size)
	{
		const Bytes bytes = take(priv, data, size);
		usb_redir_bulk_packet_header reply = *header;

		if (header->endpoint == kBulkIn) {
			adapter(priv).ask_bulk(id, bulk_length(*header));
			return;
		}
		reply.status = usb_redir_stall;
		if (header->endpoint == kBulkOut) {
			std::optional<Bytes> frame = adapter(priv).chip.transmit(bytes);

			if (frame)
				self(priv).sent_.push_back(std::move(*frame));
			reply.status = usb_redir_success;
		} else {
			reply.length = 0;
			reply.length_high = 0;
		}
		usbredirparser_send_bulk_packet(out(priv), id, &reply, nullptr, 0);
	}

	static void interrupt(void *priv, uint64_t id, usb_redir_interrupt_packet_header *header, uint8_t *data, int size)
	{
		usb_redir_interrupt_packet_header reply = *header;

		take(priv, data, size);
		reply.status = usb_redir_inval;
		reply.length = 0;
		usbredirparser_send_interrupt_packet(out(priv), id, &reply, nullptr, 0);
	}

	static void start_iso(void *priv, uint64_t id, usb_redir_start_iso_stream_header *header)
	{
		usb_redir_iso_stream_status_header answer = {usb_redir_inval, header->endpoint};

		usbredirparser_send_iso_stream_status(out(priv), id, &answer);
	}

	static void stop_iso(void *priv, uint64_t id, usb_redir_stop_iso_stream_header *header)
	{
		usb_redir_iso_stream_status_header answer = {usb_redir_inval, header->endpoint};

		usbredirparser_send_iso_stream_status(out(priv), id, &answer);
	}

	static void iso(void *priv, uint64_t, usb_redir_iso_packet_header *, uint8_t *data, int)
	{
		usbredirparser_free_packet_data(out(priv), data);
	}

	static void alloc_streams(void *priv, uint64_t id, usb_redir_alloc_bulk_streams_header *header)
	{
		tell_streams(priv, id, header->endpoints);
	}

	static void free_streams(void *priv, uint64_t id, usb_redir_free_bulk_streams_header *header)
	{
		tell_streams(priv, id, header->endpoints);
	}

	static void tell_streams(void *priv, uint64_t id, uint32_t endpoints)
	{
		usb_redir_bulk_streams_status_header answer = {endpoints, 0, usb_redir_inval};

		usbredirparser_send_bulk_streams_status(out(priv), id, &answer);
	}

	static void start_bulk(void *priv, uint64_t id, usb_redir_start_bulk_receiving_header *header)
	{
		tell_bulk(priv, id, header->stream_id, header->endpoint);
	}

	static void stop_bulk(void *priv, uint64_t id, usb_redir_stop_bulk_receiving_header *header)
	{
		tell_bulk(priv, id, header->stream_id, header->endpoint);
	}

	static void tell_bulk(void *priv, uint64_t id, uint32_t stream, uint8_t endpoint)
	{
		usb_redir_bulk_receiving_status_header answer = {stream, endpoint, usb_redir_inval};

		usbredirparser_send_bulk_receiving_status(out(priv), id, &answer);
	}
};

Redir::Redir(const Address &address, bool quiet)
	: parser_(usbredirparser_create()), state_{Adapter(address), false}, quiet_(quiet)
{
	std::array<uint32_t, USB_REDIR_CAPS_SIZE> able = {};

	for (const int cap : {usb_redir_cap_connect_device_version, usb_redir_cap_device_disconnect_ack,
			      usb_redir_cap_ep_info_max_packet_size, usb_redir_cap_64bits_ids,
			      usb_redir_cap_32bits_bulk_length})
		usbredirparser_caps_set_cap(able.data(), cap);
	Calls::set(*parser_, *this);
	usbredirparser_init(parser_.get(), "fgft pegasus", able.data(), able.size(), usbredirparser_fl_usb_host);
	flush();
}

void Redir::connect()
{
	usb_redir_interface_info_header interface = {};
	usb_redir_device_connect_header device = {};

	if (state_.connected)
		return;
	state_.connected = true;
	interface.interface_count = 1;
	interface.interface_class[0] = 0xff;
	usbredirparser_send_interface_info(parser_.get(), &interface);
	tell_endpoints();
	device.speed = usb_redir_speed_full;
	device.vendor_id = kVendor;
	device.product_id = kProduct;
	device.device_version_bcd = kRelease;
	usbredirparser_send_device_connect(parser_.get(), &device);
}

void Redir::tell_endpoints()
{
	struct Figures {
		uint8_t endpoint, type, interval;
		uint16_t packet;
	};
	constexpr std::array<Figures, 5> kThere = {{
		{0x00, usb_redir_type_control, 0, 64},
		{0x80, usb_redir_type_control, 0, 64},
		{kBulkIn, usb_redir_type_bulk, 0, kBulkPacket},
		{kBulkOut, usb_redir_type_bulk, 0, kBulkPacket},
		{kInterruptIn, usb_redir_type_interrupt, 1, kInterruptPacket},
	}};
	usb_redir_ep_info_header endpoints = {};

	std::fill_n(endpoints.type, kEndpoints, uint8_t{usb_redir_type_invalid});
	for (const Figures &there : kThere) {
		const size_t place = place_of(there.endpoint);

		endpoints.type[place] = there.type;
		endpoints.interval[place] = there.interval;
		endpoints.max_packet_size[place] = there.packet;
	}
	usbredirparser_send_ep_info(parser_.get(), &endpoints);
}

bool Redir::feed(const uint8_t *data, size_t size)
{
	input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(taken_));
	taken_ = 0;
	input_.insert(input_.end(), data, data + size);
	const bool well = usbredirparser_do_read(parser_.get()) == 0;

	flush();
	return well;
}

void Redir::receive(const Bytes &frame)
{
	state_.adapter.chip.receive(frame);
	flush();
}

void Redir::set_link(bool up)
{
	state_.adapter.chip.set_link(up);
	flush();
}

void Redir::unplug()
{
	unplugged_ = false;
	usbredirparser_send_device_disconnect(parser_.get());
	flush();
}

void Redir::restore(const Snapshot &snapshot)
{
	state_ = snapshot;
	sent_.clear();
}

std::string &Redir::output()
{
	return output_;
}

// Answers what is over and writes it out.
void Redir::flush()
{
	while (const std::optional<Completion> over = state_.adapter.complete()) {
		usb_redir_bulk_packet_header header = {};
		Bytes data = over->data;

		header.endpoint = kBulkIn;
		header.status = status_of(over->status);
		header.length = static_cast<uint16_t>(data.size());
		usbredirparser_send_bulk_packet(parser_.get(), over->id, &header, data.data(), static_cast<int>(data.size()));
	}
	if (auto said = state_.adapter.next_report()) {
		usb_redir_interrupt_packet_header header = {};

		header.endpoint = kInterruptIn;
		header.status = usb_redir_success;
		header.length = kReportSize;
		usbredirparser_send_interrupt_packet(parser_.get(), 0, &header, said->data(), static_cast<int>(said->size()));
	}
	usbredirparser_do_write(parser_.get());
}

} // namespace fgft::usb
