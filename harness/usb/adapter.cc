// SPDX-License-Identifier: GPL-2.0
// See adapter.h.

#include "adapter.h"

#include <algorithm>
#include <string_view>

namespace fgft::usb {

namespace {

constexpr uint8_t kToHost = 0x80;
constexpr uint8_t kKindMask = 0x60;
constexpr uint8_t kStandard = 0x00;
constexpr uint8_t kVendorKind = 0x40;

enum StandardRequest : uint8_t {
	kGetStatus = 0,
	kClearFeature = 1,
	kSetFeature = 3,
	kGetDescriptor = 6,
	kGetConfiguration = 8,
	kGetInterface = 10,
};

enum VendorRequest : uint8_t { kGetRegisters = 0xf0, kSetRegisters = 0xf1 };

enum Descriptor : uint8_t { kDevice = 1, kConfiguration = 2, kString = 3 };

constexpr std::array<uint8_t, 18> kDeviceDescriptor = {
	18, kDevice, 0x10, 0x01,	// USB 1.1
	0, 0, 0, 64,			// class is the interface's; packets of endpoint 0
	kVendor & 0xff, kVendor >> 8, kProduct & 0xff, kProduct >> 8, kRelease & 0xff, kRelease >> 8,
	1, 2, 3, 1,			// strings; configurations
};

constexpr std::array<uint8_t, 39> kConfigurationDescriptor = {
	9, kConfiguration, 39, 0, 1, 1, 0, 0xa0, 112,		// may wake the host; 224 mA
	9, 4, 0, 0, 3, 0xff, 0, 0, 0,				// an interface of the vendor's own class
	7, 5, kBulkIn, 2, kBulkPacket, 0, 0,
	7, 5, kBulkOut, 2, kBulkPacket, 0, 0,
	7, 5, kInterruptIn, 3, kInterruptPacket, 0, 1,
};

constexpr std::array<std::string_view, 4> kStrings = {
	"", "ADMtek", "USB To LAN Converter", "0001",
};

Bytes string_descriptor(size_t number)
{
	Bytes text = {0, kString};

	if (!number) {
		text.insert(text.end(), {0x09, 0x04});	// English
	} else {
		for (const char letter : kStrings[number])
			text.insert(text.end(), {static_cast<uint8_t>(letter), 0});
	}
	text[0] = static_cast<uint8_t>(text.size());
	return text;
}

std::optional<Bytes> descriptor(uint16_t value)
{
	const size_t number = value & 0xff;

	switch (value >> 8) {
	case kDevice:
		return Bytes(kDeviceDescriptor.begin(), kDeviceDescriptor.end());
	case kConfiguration:
		if (number)
			return std::nullopt;
		return Bytes(kConfigurationDescriptor.begin(), kConfigurationDescriptor.end());
	case kString:
		if (number >= kStrings.size())
			return std::nullopt;
		return string_descriptor(number);
	default:
		return std::nullopt;
	}
}

} // namespace

void Adapter::reset()
{
	chip.reset();
	configuration_ = 0;
	listening_ = false;
	for (const auto &[id, room] : asked_)
		cancelled_.push_back(id);
	asked_.clear();
}

bool Adapter::configure(uint8_t configuration)
{
	if (configuration > 1)
		return false;
	configuration_ = configuration;
	return true;
}

std::optional<Bytes> Adapter::control(const Setup &setup, const Bytes &data)
{
	std::optional<Bytes> answer;

	switch (setup.type & kKindMask) {
	case kStandard:
		answer = standard(setup);
		break;
	case kVendorKind:
		answer = vendor(setup, data);
		break;
	default:
		break;
	}
	if (answer && answer->size() > setup.length)
		answer->resize(setup.length);
	return answer;
}

std::optional<Bytes> Adapter::standard(const Setup &setup) const
{
	switch (setup.request) {
	case kGetStatus:
		return Bytes(2, 0);
	case kClearFeature:
	case kSetFeature:
		return Bytes();
	case kGetDescriptor:
		return setup.type & kToHost ? descriptor(setup.value) : std::nullopt;
	case kGetConfiguration:
		return Bytes(1, configuration_);
	case kGetInterface:
		return Bytes(1, 0);
	default:
		return std::nullopt;
	}
}

std::optional<Bytes> Adapter::vendor(const Setup &setup, const Bytes &data)
{
	const bool reads = setup.type & kToHost;

	if (setup.request == kGetRegisters && reads)
		return chip.read(setup.index, setup.length);
	if (setup.request != kSetRegisters || reads || data.size() != setup.length)
		return std::nullopt;
	if (setup.length == 1) {
		// One register: the value is in the request, the data is ignored.
		const auto value = static_cast<uint8_t>(setup.value);

		chip.write(setup.index, &value, 1);
	} else {
		chip.write(setup.index, data.data(), data.size());
	}
	return Bytes();
}

void Adapter::ask_bulk(uint64_t id, size_t room)
{
	asked_.emplace_back(id, room);
}

bool Adapter::cancel(uint64_t id)
{
	const auto found = std::find_if(asked_.begin(), asked_.end(), [id](const auto &one) { return one.first == id; });

	if (found == asked_.end())
		return false;
	asked_.erase(found);
	cancelled_.push_back(id);
	return true;
}

std::optional<Completion> Adapter::complete()
{
	if (!cancelled_.empty()) {
		const uint64_t id = cancelled_.front();

		cancelled_.pop_front();
		return Completion{id, Status::kCancelled, {}};
	}
	if (asked_.empty())
		return std::nullopt;
	std::optional<Bytes> transfer = chip.next_transfer();

	if (!transfer)
		return std::nullopt;
	const auto [id, room] = asked_.front();

	asked_.pop_front();
	transfer->resize(std::min(transfer->size(), room));
	return Completion{id, Status::kDone, std::move(*transfer)};
}

std::optional<std::array<uint8_t, kReportSize>> Adapter::next_report()
{
	if (!listening_ || !chip.has_report())
		return std::nullopt;
	return chip.report();
}

} // namespace fgft::usb
