// SPDX-License-Identifier: GPL-2.0
// Registers, EEPROM, PHY and frames, by the steps the Linux driver takes.

#include <gtest/gtest.h>

#include "chip.h"

namespace fgft::usb {
namespace {

constexpr Address kOurs = {0x52, 0x54, 0x00, 0x46, 0x47, 0x01};

class ChipTest : public ::testing::Test {
protected:
	void set(uint8_t reg, uint8_t value) { chip_.write(reg, &value, 1); }
	uint8_t get(uint8_t reg) { return chip_.read(reg, 1)[0]; }
	uint16_t get_word(uint8_t reg) { return static_cast<uint16_t>(get(reg) | get(reg + 1) << 8); }
	void enable() { set(kEthCtrl0, kTxEnable | kRxEnable); }

	uint16_t eprom(uint8_t offset)
	{
		set(kEpromCtrl, 0);
		set(kEpromOffset, offset);
		set(kEpromCtrl, kEpromRead);
		EXPECT_TRUE(get(kEpromCtrl) & kEpromDone);
		return get_word(kEpromData);
	}

	uint16_t mii(uint8_t phy, uint8_t reg)
	{
		const std::array<uint8_t, 4> data = {phy, 0, 0, reg};

		set(kPhyCtrl, 0);
		chip_.write(kPhyAddr, data.data(), data.size());
		EXPECT_FALSE(get(kPhyCtrl) & kPhyDone);
		set(kPhyCtrl, reg | kPhyRead);
		EXPECT_TRUE(get(kPhyCtrl) & kPhyDone);
		return get_word(kPhyData);
	}

	void mii_write(uint8_t reg, uint16_t value)
	{
		const std::array<uint8_t, 4> data = {kPhyAt, static_cast<uint8_t>(value), static_cast<uint8_t>(value >> 8), reg};

		chip_.write(kPhyAddr, data.data(), data.size());
		set(kPhyCtrl, reg | kPhyWrite);
	}

	static Bytes frame(uint8_t first, size_t size = 64)
	{
		Bytes bytes(size, 1);

		std::copy(kOurs.begin(), kOurs.end(), bytes.begin());
		bytes[0] = first;
		return bytes;
	}

	size_t received(const Bytes &bytes)
	{
		size_t count = 0;

		chip_.receive(bytes);
		while (chip_.next_transfer())
			count++;
		return count;
	}

	Chip chip_{kOurs};
};

TEST_F(ChipTest, AddressIsInTheEeprom)
{
	EXPECT_EQ(eprom(0), 0x5452);
	EXPECT_EQ(eprom(1), 0x4600);
	EXPECT_EQ(eprom(2), 0x0147);
	EXPECT_EQ(eprom(4) >> 8, 0x80);
}

TEST_F(ChipTest, EepromIsWrittenOnlyWhenAllowed)
{
	const std::array<uint8_t, 2> word = {0x34, 0x12};

	set(kEpromOffset, 9);
	chip_.write(kEpromData, word.data(), word.size());
	set(kEpromCtrl, kEpromWrite);
	EXPECT_EQ(eprom(9), 0);
	chip_.write(kEpromData, word.data(), word.size());
	set(kEthCtrl2, kEpromWriteEnable);
	set(kEpromCtrl, kEpromWrite);
	EXPECT_EQ(eprom(9), 0x1234);
}

TEST_F(ChipTest, OnePhyAnswers)
{
	EXPECT_EQ(mii(0, 1), 0xffff);
	EXPECT_EQ(mii(kPhyAt, 1), 0x782d);
	EXPECT_EQ(mii(kPhyAt, 5), 0x45e1);
}

TEST_F(ChipTest, LostLinkIsToldOnce)
{
	chip_.set_link(false);
	chip_.set_link(true);
	EXPECT_FALSE(mii(kPhyAt, 1) & 4);
	EXPECT_TRUE(mii(kPhyAt, 1) & 4);
}

TEST_F(ChipTest, PhyKeepsWhatIsWritten)
{
	mii_write(0, 0x1200);
	EXPECT_EQ(mii(kPhyAt, 0), 0x1000);	// restart of negotiation is over
	mii_write(4, 0x0061);
	EXPECT_EQ(mii(kPhyAt, 4), 0x0061);
	mii_write(1, 0);
	EXPECT_EQ(mii(kPhyAt, 1), 0x782d);
}

TEST_F(ChipTest, MacResetEnds)
{
	enable();
	set(kEthCtrl1, kMacReset);
	EXPECT_FALSE(get(kEthCtrl1) & kMacReset);
	EXPECT_EQ(get(kEthCtrl0), 0);
}

TEST_F(ChipTest, AccessPastTheEndIsHarmless)
{
	const Bytes many(600, 0xff);

	chip_.write(0xf0, many.data(), many.size());
	chip_.write(0xffff, many.data(), many.size());
	EXPECT_EQ(chip_.read(0xfe, 4), (Bytes{0xff, 0xff, 0, 0}));
}

TEST_F(ChipTest, FiltersByAddress)
{
	enable();
	EXPECT_EQ(received(frame(0x52)), 1U);
	EXPECT_EQ(received(frame(0x54)), 0U);
	EXPECT_EQ(received(frame(0x53)), 0U);
	EXPECT_EQ(received(Bytes(64, 0xff)), 1U);
	set(kEthCtrl0, kRxEnable | kRxMulticast);
	EXPECT_EQ(received(frame(0x53)), 1U);
	set(kEthCtrl2, kPromiscuous);
	EXPECT_EQ(received(frame(0x54)), 1U);
}

TEST_F(ChipTest, ReceivesNothingWhileOff)
{
	EXPECT_EQ(received(frame(0x52)), 0U);
	enable();
	chip_.receive(frame(0x52));
	set(kEthCtrl0, 0);
	enable();
	EXPECT_FALSE(chip_.next_transfer());
	chip_.set_link(false);
	EXPECT_EQ(received(frame(0x52)), 0U);
}

TEST_F(ChipTest, StatusStandsBehindAReceivedFrame)
{
	enable();
	chip_.receive(frame(0x52, 20));
	const Bytes transfer = *chip_.next_transfer();

	ASSERT_EQ(transfer.size(), 64U);	// padded to 60
	EXPECT_EQ(transfer[60] | transfer[61] << 8, 64);	// and its checksum counted
	EXPECT_EQ(transfer[62], 0);
}

TEST_F(ChipTest, FramesPastTheMemoryAreCounted)
{
	size_t held = 0;

	enable();
	while (chip_.has_room())
		chip_.receive(frame(0x52, 1500)), held++;
	EXPECT_EQ(held, (kFifoSize - kLongestFrame) / 1500 + 1);
	chip_.receive(frame(0x52, 1500));
	EXPECT_TRUE(chip_.has_report());
	EXPECT_EQ(chip_.report()[4], 1);
	EXPECT_EQ(chip_.report()[4], 0);
	EXPECT_FALSE(chip_.has_report());
}

TEST_F(ChipTest, SendsWhatIsWhole)
{
	Bytes transfer = {4, 0, 1, 2, 3, 4, 9};

	EXPECT_FALSE(chip_.transmit(transfer));	// off
	enable();
	ASSERT_TRUE(chip_.transmit(transfer));
	EXPECT_EQ(chip_.transmit(transfer)->at(4), 0);
	transfer[0] = 6;
	EXPECT_FALSE(chip_.transmit(transfer));	// longer than what came
	EXPECT_FALSE(chip_.transmit({1}));
}

TEST_F(ChipTest, SendingWithoutACableIsReported)
{
	enable();
	chip_.set_link(false);
	chip_.report();
	EXPECT_FALSE(chip_.transmit({1, 0, 1}));
	EXPECT_TRUE(chip_.has_report());
	EXPECT_TRUE(chip_.report()[0] & kTxNoCarrier);
}

} // namespace
} // namespace fgft::usb
