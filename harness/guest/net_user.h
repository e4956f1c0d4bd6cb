/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The user of a network card: a connection on which data goes out, comes back
 * and is compared, and the settings of the interface.
 *
 * By ioctl and not by ethtool: starting a program is slow under emulation.
 */
#ifndef FGFT_GUEST_NET_USER_H
#define FGFT_GUEST_NET_USER_H

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include "flow.h"
#include "user.h"

namespace fgft {

class Interface {
public:
	explicit Interface(const char *name) : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))
	{
		std::strncpy(request_.ifr_name, name, IFNAMSIZ - 1);
	}
	Interface(const Interface &) = delete;
	Interface &operator=(const Interface &) = delete;
	~Interface() { close(fd_); }

	json settings()
	{
		json found = json::object();

		found["mtu"] = ask(SIOCGIFMTU) ? json(request_.ifr_mtu) : json();
		found["mac"] = ask(SIOCGIFHWADDR) ? json(std::string(request_.ifr_hwaddr.sa_data, 6)) : json();
		if (!found["mac"].is_null())
			found["mac"] = hex(found["mac"].get<std::string>());
		found["flags"] = ask(SIOCGIFFLAGS) ? json(request_.ifr_flags & kFlags) : json();
		found["up"] = !found["flags"].is_null() && (request_.ifr_flags & IFF_UP);
		struct ethtool_ringparam rings = {};
		found["rings"] = ethtool(ETHTOOL_GRINGPARAM, rings) ? json({rings.rx_pending, rings.tx_pending}) : json();
		struct ethtool_coalesce coalesce = {};
		found["coalesce"] = ethtool(ETHTOOL_GCOALESCE, coalesce)
			? json({coalesce.rx_coalesce_usecs, coalesce.tx_coalesce_usecs}) : json();
		struct ethtool_pauseparam pause = {};
		found["pause"] = ethtool(ETHTOOL_GPAUSEPARAM, pause)
			? json({pause.autoneg, pause.rx_pause, pause.tx_pause}) : json();
		struct ethtool_wolinfo wol = {};
		found["wol"] = ethtool(ETHTOOL_GWOL, wol) ? json(wol.wolopts) : json();
		static const std::map<std::string, uint32_t> values = {
			{"messages", ETHTOOL_GMSGLVL}, {"rx_checksum", ETHTOOL_GRXCSUM}, {"tx_checksum", ETHTOOL_GTXCSUM},
			{"scatter", ETHTOOL_GSG}, {"segmentation", ETHTOOL_GTSO}, {"features", ETHTOOL_GFLAGS},
			{"link", ETHTOOL_GLINK}};
		for (const auto &[name, command] : values) {
			struct ethtool_value value = {};
			found[name] = ethtool(command, value) ? json(value.data) : json();
		}
		return found;
	}

private:
	static constexpr int kFlags = IFF_UP | IFF_PROMISC | IFF_ALLMULTI | IFF_MULTICAST | IFF_BROADCAST;

	static std::string hex(const std::string &bytes)
	{
		std::string text;
		std::array<char, 4> digits;

		for (const char byte : bytes) {
			std::snprintf(digits.data(), digits.size(), "%02x:", static_cast<unsigned char>(byte));
			text += digits.data();
		}
		return text.substr(0, text.size() - 1);
	}

	bool ask(unsigned long what) { return ioctl(fd_, what, &request_) == 0; }

	template <typename Argument> bool ethtool(uint32_t command, Argument &argument)
	{
		argument.cmd = command;
		request_.ifr_data = reinterpret_cast<char *>(&argument);
		return ask(SIOCETHTOOL);
	}

	int fd_;
	struct ifreq request_ = {};
};

// REQUEST: {"class": "net", "interface", "address", "port"}, the latter of `stream serve`.
class NetUser : public User {
public:
	explicit NetUser(const json &request)
		: name_(request.value("interface", "")), address_(request.value("address", "")),
		  port_(request.value("port", uint16_t{0})), interface_(name_.c_str())
	{
	}
	void connect() override
	{
		disconnect();
		flow_ = std::make_unique<Flow>(address_.c_str(), port_, ++connections_);
	}
	void disconnect() override
	{
		if (flow_)
			wrong_ += flow_->bad();
		flow_.reset();
	}
	void step(int ms) override { flow_->step(ms); }
	bool broken() const override { return flow_->broken(); }
	uint64_t served() const override { return flow_->bytes(); }
	uint64_t proof() const override { return 16 * Flow::kBlock; }
	uint64_t wrong() const override { return wrong_ + (flow_ ? flow_->bad() : 0); }
	int64_t longest_gap_ns() const override { return flow_->longest_gap_ns(); }
	json settings() override { return interface_.settings(); }
	std::string interrupt() const override { return name_; }

private:
	std::string name_, address_;
	uint16_t port_;
	Interface interface_;
	std::unique_ptr<Flow> flow_;
	uint64_t connections_ = 0;
	uint64_t wrong_ = 0;
};

} // namespace fgft

#endif /* FGFT_GUEST_NET_USER_H */
