/* SPDX-License-Identifier: GPL-2.0 */
/* The USB bus, in fgft_usb.ko: see bus_usb.c. */
#ifndef FGFT_BUS_USB_H
#define FGFT_BUS_USB_H

int fgft_bus_usb_init(void);
void fgft_bus_usb_exit(void);

#endif /* FGFT_BUS_USB_H */
