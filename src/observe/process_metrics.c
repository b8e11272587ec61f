/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "observe/registry.h"

#define STAT_BYTES_MAX 4096

/* Fields of /proc/self/stat (proc(5)). */
#define STAT_START    22 /* clock ticks after boot */
#define STAT_VIRTUAL  23 /* bytes */
#define STAT_RESIDENT 24 /* pages */

static uint64_t count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    uint64_t count = 0;
    while (folder != NULL) {
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            break;
        }
        count += entry->d_name[0] != '.' ? 1 : 0;
    }
    if (folder != NULL) {
        closedir(folder);
        count--; /* its own */
    }
    return count;
}

/* Reads a small file of /proc; an empty text when that fails. */
static void read_small(const char *path, char ret[STAT_BYTES_MAX])
{
    FILE *file = fopen(path, "re");
    size_t size = file != NULL ? fread(ret, 1, STAT_BYTES_MAX - 1, file) : 0;
    ret[size] = '\0';
    if (file != NULL) {
        fclose(file);
    }
}

/* Field number `wanted` of /proc/self/stat, counted from 1; the program's name, which may hold
 * anything, is the second. 0 when there is none. */
static uint64_t stat_field(const char *stat, unsigned wanted)
{
    const char *at = strrchr(stat, ')');
    for (unsigned field = 2; at != NULL && field < wanted; field++) {
        at = strchr(at, ' ');
        at = at != NULL ? at + 1 : NULL;
    }
    return at != NULL ? strtoull(at, NULL, 10) : 0;
}

/* When the machine was started, from the line "btime SECONDS" of /proc/stat. */
static double boot_time_s(void)
{
    static const char name[] = "btime ";
    char line[STAT_BYTES_MAX];
    uint64_t seconds = 0;
    FILE *file = fopen("/proc/stat", "re");
    while (file != NULL && seconds == 0 && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, sizeof name - 1) == 0) {
            seconds = strtoull(line + sizeof name - 1, NULL, 10);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return (double)seconds;
}

static void write_one(mfn__buffer *ret, const char *name, const char *type, const char *help,
                      double value)
{
    mfn__buffer_append_format(ret, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", name, help, name, type,
                              name, value);
}

void mfn__process_metrics_write(mfn__buffer *ret)
{
    struct rusage used;
    struct rlimit files;
    char stat[STAT_BYTES_MAX];
    getrusage(RUSAGE_SELF, &used);
    getrlimit(RLIMIT_NOFILE, &files);
    read_small("/proc/self/stat", stat);
    double resident_bytes = (double)stat_field(stat, STAT_RESIDENT) * (double)sysconf(_SC_PAGESIZE);
    double start_s = (double)stat_field(stat, STAT_START) / (double)sysconf(_SC_CLK_TCK);
    double cpu_s = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                   (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    write_one(ret, "process_cpu_seconds_total", "counter",
              "Total user and system CPU time spent in seconds.", cpu_s);
    write_one(ret, "process_open_fds", "gauge", "Number of open file descriptors.",
              (double)count_descriptors());
    write_one(ret, "process_max_fds", "gauge", "Maximum number of open file descriptors.",
              (double)files.rlim_cur);
    write_one(ret, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.",
              resident_bytes);
    write_one(ret, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.",
              (double)stat_field(stat, STAT_VIRTUAL));
    write_one(ret, "process_start_time_seconds", "gauge",
              "Start time of the process since unix epoch in seconds.", boot_time_s() + start_s);
}
