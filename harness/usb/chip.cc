// SPDX-License-Identifier: GPL-2.0
// See chip.h.

#include "chip.h"

#include <algorithm>

namespace fgft::usb {

namespace {

constexpr size_t kStatusSize = 4;	// behind each received frame
constexpr size_t kCrcSize = 4;		// counted in a received frame's length
constexpr size_t kHeaderSize = 2;	// before each frame to send
constexpr uint8_t kIntervalWord = 4;	// of the EEPROM: the high byte, in ms
constexpr uint16_t kInterval = 0x8000;

enum Phy : uint8_t { kBmcr, kBmsr, kId1, kId2, kAdvertise, kPartner, kExpansion };

constexpr uint16_t kBmcrDefault = 0x3100;	// 100 Mb/s, negotiates, full duplex
constexpr uint16_t kBmcrMomentary = 0x8200;	// reset and restart: done at once
constexpr uint16_t kBmcrReset = 0x8000;
constexpr uint16_t kBmsrAble = 0x7809;
constexpr uint16_t kBmsrLink = 0x0024;		// link, negotiation is over
constexpr uint16_t kAble = 0x01e1;		// all that 100BASE-TX has
constexpr uint16_t kPartnerAble = 0x45e1;
constexpr uint16_t kPhyAbsent = 0xffff;

} // namespace

Chip::Chip(const Address &address)
{
	for (size_t at = 0; at < address.size() / 2; at++)
		eprom_[at] = static_cast<uint16_t>(address[2 * at] | address[2 * at + 1] << 8);
	eprom_[kIntervalWord] = kInterval;
	reset();
}

void Chip::reset()
{
	regs_.fill(0);
	for (size_t at = 0; at < sizeof(Address) / 2; at++)
		set_word(static_cast<uint8_t>(kEthId + 2 * at), eprom_[at]);
	regs_[kGpio0] = 0x24;
	regs_[kWakeupControl] = 0x04;
	phy_.fill(0);
	phy_write(kBmcr, kBmcrReset);
	fifo_.clear();
	held_ = 0;
	report_due_ = false;
}

uint16_t Chip::word(uint8_t index) const
{
	return static_cast<uint16_t>(regs_[index] | regs_[index + 1] << 8);
}

void Chip::set_word(uint8_t index, uint16_t value)
{
	regs_[index] = static_cast<uint8_t>(value);
	regs_[index + 1] = static_cast<uint8_t>(value >> 8);
}

Bytes Chip::read(uint16_t index, uint16_t count) const
{
	Bytes data(count, 0);

	for (size_t at = 0; at < count && index + at < regs_.size(); at++)
		data[at] = regs_[index + at];
	return data;
}

void Chip::write(uint16_t index, const uint8_t *data, size_t count)
{
	for (size_t at = 0; at < count && index + at < regs_.size(); at++) {
		const auto reg = static_cast<uint8_t>(index + at);
		const uint8_t before = regs_[reg];

		regs_[reg] = data[at];
		strike(reg, before);
	}
}

// What a register does besides keeping its value.
void Chip::strike(uint8_t index, uint8_t before)
{
	switch (index) {
	case kEthCtrl0:
		// A receiver that is turned off forgets what it holds.
		if (before & ~regs_[index] & kRxEnable) {
			fifo_.clear();
			held_ = 0;
		}
		break;
	case kEthCtrl1:
		if (!(regs_[index] & kMacReset))
			break;
		regs_[kEthCtrl0] = 0;
		regs_[kEthCtrl1] = 0;
		regs_[kEthCtrl2] = 0;
		fifo_.clear();
		held_ = 0;
		break;
	case kEpromCtrl:
		eprom_command();
		break;
	case kPhyCtrl:
		phy_command();
		break;
	default:
		break;
	}
}

void Chip::eprom_command()
{
	const uint8_t offset = regs_[kEpromOffset] & (eprom_.size() - 1);
	const uint8_t command = regs_[kEpromCtrl];

	if (command & kEpromRead)
		set_word(kEpromData, eprom_[offset]);
	else if (command & kEpromWrite && regs_[kEthCtrl2] & kEpromWriteEnable)
		eprom_[offset] = word(kEpromData);
	else
		return;
	regs_[kEpromCtrl] |= kEpromDone;
}

void Chip::phy_command()
{
	const uint8_t command = regs_[kPhyCtrl];
	const uint8_t reg = command & (phy_.size() - 1);
	const bool there = regs_[kPhyAddr] == kPhyAt;

	if (command & kPhyRead)
		set_word(kPhyData, there ? phy_read(reg) : kPhyAbsent);
	else if (command & kPhyWrite && there)
		phy_write(reg, word(kPhyData));
	if (command & (kPhyRead | kPhyWrite))
		regs_[kPhyCtrl] |= kPhyDone;
}

uint16_t Chip::phy_read(uint8_t reg)
{
	// A link that was lost is told of once.
	const bool link = link_ && !link_was_down_;

	switch (reg) {
	case kBmsr:
		link_was_down_ = false;
		return kBmsrAble | (link ? kBmsrLink : 0);
	case kPartner:
		return link_ ? kPartnerAble : 0;
	default:
		return phy_[reg];
	}
}

void Chip::phy_write(uint8_t reg, uint16_t value)
{
	if (reg == kBmcr && value & kBmcrReset) {
		phy_[kBmcr] = kBmcrDefault;
		phy_[kId1] = 0x001d;
		phy_[kId2] = 0x2411;
		phy_[kAdvertise] = kAble;
		phy_[kExpansion] = 1;
		return;
	}
	switch (reg) {
	case kBmcr:
		phy_[reg] = value & ~kBmcrMomentary;
		break;
	case kBmsr:
	case kId1:
	case kId2:
	case kPartner:
	case kExpansion:
		break;	// read only
	default:
		phy_[reg] = value;
		break;
	}
}

std::optional<Bytes> Chip::transmit(const Bytes &transfer)
{
	if (transfer.size() < kHeaderSize)
		return std::nullopt;
	const size_t length = transfer[0] | transfer[1] << 8;

	if (length > transfer.size() - kHeaderSize || length > kLongestFrame || !(regs_[kEthCtrl0] & kTxEnable))
		return std::nullopt;
	if (!link_) {
		regs_[kTxStatus] |= kTxNoCarrier;
		report_due_ = true;
		return std::nullopt;
	}
	Bytes frame(transfer.begin() + kHeaderSize, transfer.begin() + static_cast<std::ptrdiff_t>(kHeaderSize + length));

	frame.resize(std::max(frame.size(), kShortestFrame));
	return frame;
}

bool Chip::wants(const Bytes &frame) const
{
	if (regs_[kEthCtrl2] & kPromiscuous)
		return true;
	if (frame[0] & 1) {
		const bool broadcast = std::all_of(frame.begin(), frame.begin() + sizeof(Address),
						   [](uint8_t byte) { return byte == 0xff; });

		return broadcast || regs_[kEthCtrl0] & kRxMulticast;
	}
	return std::equal(frame.begin(), frame.begin() + sizeof(Address), regs_.begin() + kEthId);
}

void Chip::receive(const Bytes &frame)
{
	if (!link_ || !(regs_[kEthCtrl0] & kRxEnable) || frame.size() < sizeof(Address) || frame.size() > kLongestFrame ||
	    !wants(frame))
		return;
	if (held_ + frame.size() > kFifoSize) {
		const uint16_t lost = static_cast<uint16_t>(regs_[kLostFrames] << 8 | regs_[kLostFrames + 1]) + 1;

		regs_[kLostFrames] = static_cast<uint8_t>(lost >> 8 & 0x7f);
		regs_[kLostFrames + 1] = static_cast<uint8_t>(lost);
		report_due_ = true;
		return;
	}
	fifo_.push_back(frame);
	fifo_.back().resize(std::max(frame.size(), kShortestFrame));
	held_ += fifo_.back().size();
}

bool Chip::has_room() const
{
	return held_ + kLongestFrame <= kFifoSize;
}

std::optional<Bytes> Chip::next_transfer()
{
	if (fifo_.empty())
		return std::nullopt;
	Bytes transfer = std::move(fifo_.front());
	const size_t length = transfer.size() + kCrcSize;

	fifo_.pop_front();
	held_ -= transfer.size();
	transfer.resize(transfer.size() + kStatusSize, 0);
	transfer[transfer.size() - 4] = static_cast<uint8_t>(length);
	transfer[transfer.size() - 3] = static_cast<uint8_t>(length >> 8);
	return transfer;
}

void Chip::set_link(bool up)
{
	if (up == link_)
		return;
	link_ = up;
	link_was_down_ = link_was_down_ || !up;
	report_due_ = true;
}

std::array<uint8_t, kReportSize> Chip::report()
{
	const std::array<uint8_t, kReportSize> said = {
		regs_[kTxStatus], regs_[kTxStatus + 1], 0, regs_[kLostFrames], regs_[kLostFrames + 1],
		static_cast<uint8_t>(link_), 0, 0,
	};

	regs_[kTxStatus] = 0;
	regs_[kTxStatus + 1] = 0;
	regs_[kLostFrames] = 0;
	regs_[kLostFrames + 1] = 0;
	report_due_ = false;
	return said;
}

} // namespace fgft::usb
