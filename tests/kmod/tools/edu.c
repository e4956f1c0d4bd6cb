// SPDX-License-Identifier: GPL-2.0
/* The ioctls of /dev/edu0 for scripts: edu factorial|liveness NUMBER. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../../../drivers/edu/edu.h"

/* Prints the answer; exits with the errno, 2 for a wrong call. */
int main(int argc, char **argv)
{
	unsigned long request;
	__u32 value;
	int fd;

	if (argc == 3 && !strcmp(argv[1], "factorial")) {
		request = EDU_IOC_FACTORIAL;
	} else if (argc == 3 && !strcmp(argv[1], "liveness")) {
		request = EDU_IOC_LIVENESS;
	} else if (argc == 3 && !strcmp(argv[1], "unknown")) {
		request = _IO('e', 99);
	} else {
		fprintf(stderr, "usage: edu factorial|liveness|unknown NUMBER\n");
		return 2;
	}
	value = strtoul(argv[2], NULL, 0);
	fd = open("/dev/edu0", O_RDWR);
	if (fd < 0 || ioctl(fd, request, &value)) {
		fprintf(stderr, "edu: %s\n", strerror(errno));
		return errno;
	}
	printf("%u\n", value);
	return 0;
}
