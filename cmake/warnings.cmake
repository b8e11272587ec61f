# Compiler flags of every target. Floating-point contraction is off everywhere: a fused
# multiply-add rounds once where the reference rounds twice.
function(mfn_set_flags target)
  target_compile_options(${target} PRIVATE
    -ffp-contract=off -fno-math-errno
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
    -Wwrite-strings -Wcast-qual -Wvla -Wformat=2 -Wundef)
  if(MFN_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(MFN_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${MFN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${MFN_SANITIZE})
  endif()
endfunction()
