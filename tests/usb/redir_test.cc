// SPDX-License-Identifier: GPL-2.0
// The device as its host sees it: the order of packets, answers, cancelling, snapshots.

#include <gtest/gtest.h>

#include "host.h"

namespace fgft::usb {
namespace {

Bytes frame_to(const Address &address, size_t size = 100)
{
	Bytes frame(size, 0x5a);

	std::copy(address.begin(), address.end(), frame.begin());
	return frame;
}

class RedirTest : public ::testing::Test {
protected:
	void enable() { host_.write(kEthCtrl0, "\xc8"); }

	// The one answer to a bulk transfer to the host.
	static void expect_bulk(const std::vector<Packet> &answers, uint64_t id, uint8_t status)
	{
		ASSERT_EQ(answers.size(), 1U);
		EXPECT_EQ(answers[0].type, usb_redir_bulk_packet);
		EXPECT_EQ(answers[0].id, id);
		EXPECT_EQ(answers[0].header<usb_redir_bulk_packet_header>().status, status);
	}

	Host host_;
};

TEST_F(RedirTest, TellsOfEndpointsBeforeItIsPluggedIn)
{
	ASSERT_EQ(host_.greeting.size(), 4U);
	EXPECT_EQ(host_.greeting[0].type, usb_redir_hello);
	EXPECT_EQ(host_.greeting[1].type, usb_redir_interface_info);
	EXPECT_EQ(host_.greeting[2].type, usb_redir_ep_info);
	EXPECT_EQ(host_.greeting[3].type, usb_redir_device_connect);
	const auto device = host_.greeting[3].header<usb_redir_device_connect_header>();

	EXPECT_EQ(device.vendor_id, 0x07a6);
	EXPECT_EQ(device.product_id, 0x0986);
	EXPECT_EQ(device.speed, usb_redir_speed_full);
}

TEST_F(RedirTest, DescriptorsAreCutToWhatIsAskedFor)
{
	const auto whole = host_.control({0x80, 6, 0x0100, 0, 64});
	const auto head = host_.control({0x80, 6, 0x0200, 0, 9});

	ASSERT_TRUE(whole && head);
	EXPECT_EQ(whole->size(), 18U);
	EXPECT_EQ(head->size(), 9U);
	EXPECT_EQ((*head)[2], 39);
	EXPECT_FALSE(host_.control({0x80, 6, 0x0600, 0, 10}));	// of high speed: none
}

TEST_F(RedirTest, UnknownRequestsStall)
{
	EXPECT_FALSE(host_.control({0xc0, 0x42, 0, 0, 4}));
	EXPECT_FALSE(host_.control({0x40, 0xf1, 0, 0, 4}, "ab"));	// less data than announced
	EXPECT_FALSE(host_.control({0x21, 0x0a, 0, 0, 0}));		// of a class
}

TEST_F(RedirTest, FrameWaitsForATransfer)
{
	enable();
	host_.device.receive(frame_to(kAddress));
	EXPECT_TRUE(host_.answers().empty());
	host_.ask_bulk(9);
	const std::vector<Packet> answers = host_.answers();

	expect_bulk(answers, 9, usb_redir_success);
	EXPECT_EQ(answers[0].data<usb_redir_bulk_packet_header>().size(), 104U);
}

TEST_F(RedirTest, TransferWaitsForAFrame)
{
	enable();
	host_.ask_bulk(9);
	EXPECT_TRUE(host_.answers().empty());
	host_.device.receive(frame_to(kAddress));
	expect_bulk(host_.answers(), 9, usb_redir_success);
}

TEST_F(RedirTest, CancelledTransferTakesNoFrame)
{
	enable();
	host_.ask_bulk(9);
	EXPECT_TRUE(host_.send_bytes(encode(usb_redir_cancel_data_packet, 9, "")));
	expect_bulk(host_.answers(), 9, usb_redir_cancelled);
	host_.device.receive(frame_to(kAddress));
	host_.ask_bulk(10);
	expect_bulk(host_.answers(), 10, usb_redir_success);
}

TEST_F(RedirTest, CancellingWhatIsOverIsNotAnswered)
{
	EXPECT_TRUE(host_.send_bytes(encode(usb_redir_cancel_data_packet, 9, "")));
	EXPECT_TRUE(host_.answers().empty());
}

TEST_F(RedirTest, ResetCancels)
{
	enable();
	host_.ask_bulk(9);
	EXPECT_TRUE(host_.send_bytes(encode(usb_redir_reset, 0, "")));
	expect_bulk(host_.answers(), 9, usb_redir_cancelled);
	EXPECT_EQ(host_.read(kEthCtrl0, 1), std::string(1, '\0'));
}

TEST_F(RedirTest, SentFramesReachTheWirePadded)
{
	usb_redir_bulk_packet_header header = {};
	const std::string frame(20, 'x');

	enable();
	header.endpoint = kBulkOut;
	header.length = static_cast<uint16_t>(frame.size() + 2);
	host_.send(usb_redir_bulk_packet, 3, header, std::string("\x14\0", 2) + frame);
	expect_bulk(host_.answers(), 3, usb_redir_success);
	ASSERT_EQ(host_.device.sent().size(), 1U);
	EXPECT_EQ(host_.device.sent()[0].size(), 60U);
	EXPECT_EQ(host_.device.sent()[0][19], 'x');
	EXPECT_EQ(host_.device.sent()[0][20], 0);
}

TEST_F(RedirTest, ConfigurationIsSetAndTold)
{
	usb_redir_set_configuration_header header = {1};

	host_.send(usb_redir_set_configuration, 5, header);
	std::vector<Packet> answers = host_.answers();

	ASSERT_EQ(answers.size(), 2U);
	EXPECT_EQ(answers[0].type, usb_redir_ep_info);
	EXPECT_EQ(answers[1].header<usb_redir_configuration_status_header>().configuration, 1);
	header.configuration = 2;
	host_.send(usb_redir_set_configuration, 6, header);
	answers = host_.answers();
	ASSERT_EQ(answers.size(), 1U);
	EXPECT_EQ(answers[0].header<usb_redir_configuration_status_header>().status, usb_redir_stall);
}

TEST_F(RedirTest, LinkIsReportedToWhoListens)
{
	const usb_redir_start_interrupt_receiving_header header = {kInterruptIn};

	host_.device.set_link(false);
	EXPECT_TRUE(host_.answers().empty());
	host_.send(usb_redir_start_interrupt_receiving, 4, header);
	const std::vector<Packet> answers = host_.answers();

	ASSERT_EQ(answers.size(), 2U);
	EXPECT_EQ(answers[0].type, usb_redir_interrupt_receiving_status);
	EXPECT_EQ(answers[1].type, usb_redir_interrupt_packet);
	EXPECT_EQ(answers[1].data<usb_redir_interrupt_packet_header>()[5], 0);
}

TEST_F(RedirTest, SnapshotHoldsTransfersUnderWay)
{
	enable();
	host_.ask_bulk(9);
	const Snapshot snapshot = host_.device.save();

	host_.device.receive(frame_to(kAddress));
	expect_bulk(host_.answers(), 9, usb_redir_success);
	host_.write(kEthCtrl0, std::string(1, '\0'));
	host_.device.restore(snapshot);
	EXPECT_EQ(host_.read(kEthCtrl0, 1), "\xc8");
	host_.device.receive(frame_to(kAddress));
	expect_bulk(host_.answers(), 9, usb_redir_success);
}

TEST_F(RedirTest, PlugIsPulledWhenTheHostSaysSo)
{
	host_.device.unplug();
	const std::vector<Packet> answers = host_.answers();

	ASSERT_EQ(answers.size(), 1U);
	EXPECT_EQ(answers[0].type, usb_redir_device_disconnect);
	EXPECT_FALSE(host_.device.unplugged());
	host_.send_bytes(encode(usb_redir_device_disconnect_ack, 0, ""));
	EXPECT_TRUE(host_.device.unplugged());
}

TEST_F(RedirTest, BadPacketIsToldAndTheNextOneServed)
{
	EXPECT_FALSE(host_.send_bytes(encode(usb_redir_bulk_packet, 1, "short")));
	EXPECT_TRUE(host_.control({0x80, 6, 0x0100, 0, 18}));
}

TEST_F(RedirTest, PacketsMayComeByteByByte)
{
	usb_redir_bulk_packet_header header = {};

	enable();
	header.endpoint = kBulkIn;
	header.length = 1536;
	const std::string bytes =
		encode(usb_redir_bulk_packet, 9, std::string(reinterpret_cast<const char *>(&header), sizeof(header)));

	for (const char byte : bytes)
		EXPECT_TRUE(host_.send_bytes(std::string(1, byte)));
	host_.device.receive(frame_to(kAddress));
	expect_bulk(host_.answers(), 9, usb_redir_success);
}

} // namespace
} // namespace fgft::usb
