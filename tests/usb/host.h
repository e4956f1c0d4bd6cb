/* SPDX-License-Identifier: GPL-2.0 */
/* The other end of the connection: a host that speaks the protocol by hand. */
#ifndef FGFT_TESTS_USB_HOST_H
#define FGFT_TESTS_USB_HOST_H

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <usbredirproto.h>

#include "redir.h"

namespace fgft::usb {

constexpr Address kAddress = {0x52, 0x54, 0x00, 0x46, 0x47, 0x01};

/* A packet as it is on the connection, with 64 bits of id. */
struct Packet {
	uint32_t type;
	uint64_t id;
	std::string body;

	template <typename Header> Header header() const
	{
		Header found = {};

		std::memcpy(&found, body.data(), std::min(sizeof(found), body.size()));
		return found;
	}
	template <typename Header> std::string data() const
	{
		return body.size() > sizeof(Header) ? body.substr(sizeof(Header)) : "";
	}
};

std::string encode(uint32_t type, uint64_t id, const std::string &body);
std::string hello();

/* What the device has written, in packets; the first is its hello. */
std::vector<Packet> decode(const std::string &output);

/* A device with a host that has said hello. */
class Host {
public:
	Host();

	Redir device;
	std::vector<Packet> greeting;

	template <typename Header> bool send(uint32_t type, uint64_t id, const Header &header, const std::string &data = "")
	{
		return send_bytes(encode(type, id, std::string(reinterpret_cast<const char *>(&header), sizeof(header)) + data));
	}
	bool send_bytes(const std::string &bytes)
	{
		return device.feed(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
	}
	std::vector<Packet> answers();

	/* A control transfer; the data, nothing if it was not done. */
	std::optional<std::string> control(const Setup &setup, const std::string &data = "");
	void write(uint16_t index, const std::string &data);
	std::string read(uint16_t index, uint16_t count);
	bool ask_bulk(uint64_t id, uint16_t room = 1536);
};

} // namespace fgft::usb

#endif /* FGFT_TESTS_USB_HOST_H */
