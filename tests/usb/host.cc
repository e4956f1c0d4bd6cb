// SPDX-License-Identifier: GPL-2.0
// See host.h.

#include "host.h"

namespace fgft::usb {

namespace {

// Hello has 32 bits of id, as capabilities are not known yet.
constexpr size_t kShortHeader = 12;
constexpr size_t kCapabilities = 1U << usb_redir_cap_connect_device_version | 1U << usb_redir_cap_device_disconnect_ack |
				 1U << usb_redir_cap_ep_info_max_packet_size | 1U << usb_redir_cap_64bits_ids |
				 1U << usb_redir_cap_32bits_bulk_length;

template <typename Value> std::string raw(const Value &value)
{
	return std::string(reinterpret_cast<const char *>(&value), sizeof(value));
}

} // namespace

std::string encode(uint32_t type, uint64_t id, const std::string &body)
{
	return raw(type) + raw(static_cast<uint32_t>(body.size())) + raw(id) + body;
}

std::string hello()
{
	std::string version(64, '\0');

	version.replace(0, 4, "test");
	const std::string body = version + raw(static_cast<uint32_t>(kCapabilities));

	return raw(static_cast<uint32_t>(usb_redir_hello)) + raw(static_cast<uint32_t>(body.size())) + raw(uint32_t{0}) + body;
}

std::vector<Packet> decode(const std::string &output)
{
	std::vector<Packet> found;
	size_t at = 0;

	while (at + kShortHeader <= output.size()) {
		uint32_t type = 0;
		uint32_t length = 0;
		uint64_t id = 0;

		std::memcpy(&type, &output[at], sizeof(type));
		std::memcpy(&length, &output[at + sizeof(type)], sizeof(length));
		const bool wide = type != usb_redir_hello;

		std::memcpy(&id, &output[at + 8], wide ? 8 : 4);
		at += wide ? sizeof(usb_redir_header) : kShortHeader;
		found.push_back({type, id, output.substr(at, length)});
		at += length;
	}
	return found;
}

Host::Host() : device(kAddress, true)
{
	send_bytes(hello());
	greeting = answers();
}

std::vector<Packet> Host::answers()
{
	std::string output;

	output.swap(device.output());
	return decode(output);
}

std::optional<std::string> Host::control(const Setup &setup, const std::string &data)
{
	usb_redir_control_packet_header header = {};

	header.endpoint = setup.type & 0x80;
	header.request = setup.request;
	header.requesttype = setup.type;
	header.value = setup.value;
	header.index = setup.index;
	header.length = setup.length;
	send(usb_redir_control_packet, 7, header, data);
	for (const Packet &packet : answers()) {
		if (packet.type != usb_redir_control_packet)
			continue;
		if (packet.header<usb_redir_control_packet_header>().status != usb_redir_success)
			return std::nullopt;
		return packet.data<usb_redir_control_packet_header>();
	}
	return std::nullopt;
}

void Host::write(uint16_t index, const std::string &data)
{
	const auto value = static_cast<uint16_t>(data.size() == 1 ? static_cast<uint8_t>(data[0]) : 0);

	control({0x40, 0xf1, value, index, static_cast<uint16_t>(data.size())}, data);
}

std::string Host::read(uint16_t index, uint16_t count)
{
	return control({0xc0, 0xf0, 0, index, count}).value_or("");
}

bool Host::ask_bulk(uint64_t id, uint16_t room)
{
	usb_redir_bulk_packet_header header = {};

	header.endpoint = kBulkIn;
	header.length = room;
	return send(usb_redir_bulk_packet, id, header);
}

} // namespace fgft::usb
