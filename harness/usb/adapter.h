/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The USB half of the adapter: descriptors, standard and vendor requests, and the
 * transfers under way on its three endpoints.  It knows nothing of how requests get
 * to it.  It is a value: a copy is a snapshot.
 */
#ifndef FGFT_USB_ADAPTER_H
#define FGFT_USB_ADAPTER_H

#include <deque>
#include <optional>
#include <utility>

#include "chip.h"

namespace fgft::usb {

constexpr uint16_t kVendor = 0x07a6;		// ADMtek
constexpr uint16_t kProduct = 0x0986;		// AN986
constexpr uint16_t kRelease = 0x0101;
constexpr uint8_t kBulkIn = 0x81;
constexpr uint8_t kBulkOut = 0x02;
constexpr uint8_t kInterruptIn = 0x83;
constexpr uint16_t kBulkPacket = 64;
constexpr uint16_t kInterruptPacket = 8;

/* What became of a transfer. */
enum class Status { kDone, kStalled, kCancelled };

struct Setup {
	uint8_t type;
	uint8_t request;
	uint16_t value;
	uint16_t index;
	uint16_t length;
};

/* A transfer that is over: as the host's controller named it, with data for one to the host. */
struct Completion {
	uint64_t id;
	Status status;
	Bytes data;
};

class Adapter {
public:
	explicit Adapter(const Address &address) : chip(address) {}

	Chip chip;

	/* The bus is reset: not configured, the chip as after power on. */
	void reset();
	bool configure(uint8_t configuration);
	uint8_t configuration() const { return configuration_; }

	/* The data a request returns; nothing: stalled. */
	std::optional<Bytes> control(const Setup &setup, const Bytes &data);

	/* A transfer to the host is asked for; it ends when there is something to send. */
	void ask_bulk(uint64_t id, size_t room);
	bool cancel(uint64_t id);
	/* The next transfer to the host that is over. */
	std::optional<Completion> complete();

	/* The host wants, or no longer wants, what the interrupt endpoint says. */
	void listen(bool wanted) { listening_ = wanted; }
	std::optional<std::array<uint8_t, kReportSize>> next_report();

private:
	std::optional<Bytes> standard(const Setup &setup) const;
	std::optional<Bytes> vendor(const Setup &setup, const Bytes &data);

	uint8_t configuration_ = 0;
	bool listening_ = false;
	std::deque<std::pair<uint64_t, size_t>> asked_;	// transfers to the host, oldest first
	std::deque<uint64_t> cancelled_;
};

} // namespace fgft::usb

#endif /* FGFT_USB_ADAPTER_H */
