/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The Ethernet half of an ADMtek AN986 "Pegasus": registers, EEPROM, PHY, and
 * the memory that holds received frames.
 *
 * Registers, their bits and the layout of a transfer are those that
 * drivers/net/usb/pegasus.[ch] of Linux uses.  The chip keeps no time: what it
 * is asked for is done at once.  It is a value: a copy is a snapshot.
 */
#ifndef FGFT_USB_CHIP_H
#define FGFT_USB_CHIP_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace fgft::usb {

using Bytes = std::vector<uint8_t>;
using Address = std::array<uint8_t, 6>;

enum Register : uint8_t {
	kEthCtrl0 = 0x00,
	kEthCtrl1 = 0x01,
	kEthCtrl2 = 0x02,
	kEthId = 0x10,
	kEpromOffset = 0x20,
	kEpromData = 0x21,
	kEpromCtrl = 0x23,
	kPhyAddr = 0x25,
	kPhyData = 0x26,
	kPhyCtrl = 0x28,
	kTxStatus = 0x2b,
	kLostFrames = 0x2e,	// high byte first, as the interrupt endpoint has them
	kWakeupControl = 0x78,
	kGpio0 = 0x7e,
	kGpio1 = 0x7f,
};

constexpr uint8_t kTxEnable = 0x80;		// of kEthCtrl0
constexpr uint8_t kRxEnable = 0x40;
constexpr uint8_t kRxMulticast = 0x02;
constexpr uint8_t kMacReset = 0x08;		// of kEthCtrl1, reads 0
constexpr uint8_t kPromiscuous = 0x04;		// of kEthCtrl2
constexpr uint8_t kEpromWriteEnable = 0x10;
constexpr uint8_t kEpromWrite = 0x01;		// of kEpromCtrl
constexpr uint8_t kEpromRead = 0x02;
constexpr uint8_t kEpromDone = 0x04;
constexpr uint8_t kPhyDone = 0x80;		// of kPhyCtrl
constexpr uint8_t kPhyRead = 0x40;
constexpr uint8_t kPhyWrite = 0x20;
constexpr uint8_t kTxNoCarrier = 0x10;		// of kTxStatus

constexpr size_t kReportSize = 8;		// of the interrupt endpoint
constexpr size_t kShortestFrame = 60;		// without its checksum
constexpr size_t kLongestFrame = 1518;		// with a VLAN's tag
constexpr size_t kFifoSize = 24U << 10;
constexpr uint8_t kPhyAt = 1;

class Chip {
public:
	explicit Chip(const Address &address);

	/* As after power on, but for the EEPROM, the cable and the PHY's advertisement. */
	void reset();

	/* Vendor requests.  Past the last register there is nothing: reads 0, no write. */
	Bytes read(uint16_t index, uint16_t count) const;
	void write(uint16_t index, const uint8_t *data, size_t count);

	/* A bulk transfer to the chip; what goes to the wire, if anything does. */
	std::optional<Bytes> transmit(const Bytes &transfer);

	/* A frame from the wire. */
	void receive(const Bytes &frame);
	/* Whether a frame of any size will be held, dropped on purpose, or ignored. */
	bool has_room() const;
	/* The next bulk transfer from the chip. */
	std::optional<Bytes> next_transfer();

	void set_link(bool up);
	/* What the interrupt endpoint says; counters of errors start anew. */
	std::array<uint8_t, kReportSize> report();
	bool has_report() const { return report_due_; }

private:
	void strike(uint8_t index, uint8_t before);
	void eprom_command();
	void phy_command();
	uint16_t phy_read(uint8_t reg);
	void phy_write(uint8_t reg, uint16_t value);
	bool wants(const Bytes &frame) const;
	uint16_t word(uint8_t index) const;
	void set_word(uint8_t index, uint16_t value);

	std::array<uint8_t, 256> regs_ = {};
	std::array<uint16_t, 64> eprom_ = {};
	std::array<uint16_t, 32> phy_ = {};
	std::deque<Bytes> fifo_;
	size_t held_ = 0;	// bytes in fifo_
	bool link_ = true;
	bool link_was_down_ = false;	// since the status register was last read
	bool report_due_ = false;
};

} // namespace fgft::usb

#endif /* FGFT_USB_CHIP_H */
