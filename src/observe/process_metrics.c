/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "observe/registry.h"

#define STAT_BYTES_MAX 4096

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

/* Virtual and resident memory in bytes, and the start in clock ticks after boot: fields 22 to 24 of
 * /proc/self/stat, counted from behind the program's name, which may hold anything. */
static void read_stat(uint64_t *ret_virtual, uint64_t *ret_resident, uint64_t *ret_start_ticks)
{
    char text[STAT_BYTES_MAX];
    read_small("/proc/self/stat", text);
    const char *end = strrchr(text, ')');
    uint64_t pages = 0;
    if (end == NULL || sscanf(end + 1,
                              "%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s %" SCNu64
                              " %" SCNu64 " %" SCNu64,
                              ret_start_ticks, ret_virtual, &pages) != 3) {
        *ret_virtual = 0;
        *ret_start_ticks = 0;
    }
    *ret_resident = pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static double boot_time_s(void)
{
    char text[STAT_BYTES_MAX];
    read_small("/proc/stat", text);
    const char *line = strstr(text, "\nbtime ");
    uint64_t seconds = 0;
    if (line == NULL) { /* many cores: the line lies further on */
        FILE *file = fopen("/proc/stat", "re");
        while (file != NULL && fgets(text, sizeof text, file) != NULL) {
            if (sscanf(text, "btime %" SCNu64, &seconds) == 1) {
                break;
            }
        }
        if (file != NULL) {
            fclose(file);
        }
    } else if (sscanf(line, "\nbtime %" SCNu64, &seconds) != 1) {
        seconds = 0;
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
    uint64_t virtual_bytes = 0;
    uint64_t resident_bytes = 0;
    uint64_t start_ticks = 0;
    getrusage(RUSAGE_SELF, &used);
    getrlimit(RLIMIT_NOFILE, &files);
    read_stat(&virtual_bytes, &resident_bytes, &start_ticks);
    double cpu_s = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                   (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    write_one(ret, "process_cpu_seconds_total", "counter",
              "Total user and system CPU time spent in seconds.", cpu_s);
    write_one(ret, "process_open_fds", "gauge", "Number of open file descriptors.",
              (double)count_descriptors());
    write_one(ret, "process_max_fds", "gauge", "Maximum number of open file descriptors.",
              (double)files.rlim_cur);
    write_one(ret, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.",
              (double)resident_bytes);
    write_one(ret, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.",
              (double)virtual_bytes);
    write_one(ret, "process_start_time_seconds", "gauge",
              "Start time of the process since unix epoch in seconds.",
              boot_time_s() + (double)start_ticks / (double)sysconf(_SC_CLK_TCK));
}
