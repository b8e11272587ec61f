/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "connectors/file/file_connector.h"

mfn_status mfn__file_connector_probe(const void *options, const mfn__surroundings *surroundings,
                                     mfn_error *err)
{
    (void)surroundings;
    const mfn__file_connector_options *given = options;
    const char *folder = given->directory;
    struct stat info;
    if (stat(folder, &info) != 0) {
        return mfn__fail_errno(err, errno, "directory", "cannot open folder '%s'", folder);
    }
    if (!S_ISDIR(info.st_mode)) {
        return mfn__fail_errno(err, ENOTDIR, "directory", "cannot open folder '%s'", folder);
    }
    if (faccessat(AT_FDCWD, folder, R_OK | X_OK, AT_EACCESS) != 0) {
        return mfn__fail_errno(err, errno, "directory", "cannot read folder '%s'", folder);
    }
    if (given->auto_delete && faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS) != 0) {
        return mfn__fail_errno(err, errno, "directory",
                               "cannot delete files of folder '%s', as auto_delete asks", folder);
    }
    return MFN_OK;
}

mfn_status mfn__file_connector_check(const void *given, mfn_error *err)
{
    const mfn__file_connector_options *options = given;
    if (strchr(options->pattern, '/') != NULL) {
        return mfn__fail(err, MFN_INVALID, "pattern",
                         "pattern is '%.80s': expected patterns of file names without '/', as "
                         "folders of the directory are not looked into",
                         options->pattern);
    }
    return MFN_OK;
}
