/* SPDX-License-Identifier: MIT */
#include "codec/font.h"

#define GLYPH_WIDTH 5
#define ADVANCE     6

typedef struct glyph {
    char character;
    char rows[MFN__FONT_HEIGHT][GLYPH_WIDTH + 1];
} glyph;

static const glyph glyphs[] = {
    {'0', {" ### ", "#   #", "#   #", "#   #", "#   #", "#   #", " ### "}},
    {'1', {"  #  ", " ##  ", "# #  ", "  #  ", "  #  ", "  #  ", "#####"}},
    {'2', {" ### ", "#   #", "    #", "   # ", "  #  ", " #   ", "#####"}},
    {'3', {" ### ", "#   #", "    #", "  ## ", "    #", "#   #", " ### "}},
    {'4', {"   # ", "  ## ", " # # ", "#  # ", "#####", "   # ", "   # "}},
    {'5', {"#####", "#    ", "#### ", "    #", "    #", "#   #", " ### "}},
    {'6', {" ### ", "#    ", "#    ", "#### ", "#   #", "#   #", " ### "}},
    {'7', {"#####", "    #", "   # ", "   # ", "  #  ", "  #  ", "  #  "}},
    {'8', {" ### ", "#   #", "#   #", " ### ", "#   #", "#   #", " ### "}},
    {'9', {" ### ", "#   #", "#   #", " ####", "    #", "    #", " ### "}},
    {'-', {"     ", "     ", "     ", " ####", "     ", "     ", "     "}},
    {'.', {"     ", "     ", "     ", "     ", "     ", " ##  ", " ##  "}},
    {'m', {"     ", "     ", "## # ", "# # #", "# # #", "# # #", "# # #"}},
    {'V', {"#   #", "#   #", "#   #", "#   #", " # # ", " # # ", "  #  "}},
};

uint32_t mfn__font_width(const char *text, uint32_t scale)
{
    size_t length = strlen(text);
    return length > 0 ? (uint32_t)(ADVANCE * (length - 1) + GLYPH_WIDTH) * scale : 0;
}

static const glyph *find_glyph(char character)
{
    for (size_t i = 0; i < sizeof glyphs / sizeof glyphs[0]; i++) {
        if (glyphs[i].character == character) {
            return &glyphs[i];
        }
    }
    return NULL;
}

void mfn__font_draw(const mfn__raster *raster, uint32_t x, uint32_t y, uint32_t scale,
                    uint8_t colour, const char *text)
{
    for (; *text != '\0'; text++, x += ADVANCE * scale) {
        const glyph *shape = find_glyph(*text);
        for (uint32_t i = 0; shape != NULL && i < MFN__FONT_HEIGHT * GLYPH_WIDTH; i++) {
            uint32_t row = i / GLYPH_WIDTH;
            uint32_t column = i % GLYPH_WIDTH;
            if (shape->rows[row][column] == '#') {
                mfn__raster_fill(raster, x + column * scale, y + row * scale, scale, scale, colour);
            }
        }
    }
}
