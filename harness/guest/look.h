/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What must be the same before and after a fault, as JSON: settings of a network
 * interface, what the driver owns, and the kernel's own books.
 *
 * By ioctl and not by ethtool: starting a program is slow under emulation.
 */
#ifndef FGFT_GUEST_LOOK_H
#define FGFT_GUEST_LOOK_H

#include <glob.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <sstream>
#include <string>

#include "files.h"

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

// Has the kernel give back what it keeps for itself: /proc/slabinfo counts every
// object of a slab that a CPU has at hand as live.
inline void shrink_slab()
{
	glob_t found = {};

	if (glob("/sys/kernel/slab/kmalloc-*/shrink", 0, nullptr, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			write_text(found.gl_pathv[i], "1");
	globfree(&found);
}

// Bytes of live objects by cache.
inline std::map<std::string, int64_t> read_slab()
{
	shrink_slab();
	const std::string text = read_text("/proc/slabinfo");
	std::map<std::string, int64_t> caches;

	// Name, live objects, all objects, bytes of one; streams are slow under emulation.
	for (size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
		const size_t name = text.find(' ', at);
		char *next = nullptr;
		if (name >= end || text[at] == '#')
			continue;
		const int64_t active = std::strtoll(text.c_str() + name, &next, 10);
		std::strtoll(next, &next, 10);
		caches.emplace(text.substr(at, name - at), active * std::strtoll(next, &next, 10));
	}
	return caches;
}

inline int count_lines(const std::string &path, const std::string &with, const std::string &without)
{
	std::istringstream lines(read_text(path));
	std::string line;
	int count = 0;

	while (std::getline(lines, line))
		count += line.find(with) != std::string::npos && line.find(without) == std::string::npos;
	return count;
}

// What the driver owns; the same in a quiet moment before and after.
inline json read_resources(const std::string &module, const std::string &interface)
{
	const std::string home = "/sys/kernel/fgft/" + module;

	return {{"ranges", read_text(home + "/ranges")},
		{"areas", count_lines("/proc/vmallocinfo", "[" + module + "]", "dump_encode")},
		{"interrupts", count_lines("/proc/interrupts", interface, "\n")},
		{"references", read_text("/sys/module/" + module + "/refcnt")}};
}

} // namespace fgft

#endif /* FGFT_GUEST_LOOK_H */
