package main

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
)

const (
	picture = "../../../docs/demonstration.svg"
	// A character is 8.43 by 18 at 14 pixels, in each of the fonts that the picture names.
	pictureColumns, pictureCell, pictureLine, pictureMargin = 112, 8.43, 18, 16
)

// TestThePictureOfTheDemonstrationIsWhatItPrints draws what `rolewatch replay` prints on a terminal; -update writes the picture that
// the README shows.
func TestThePictureOfTheDemonstrationIsWhatItPrints(t *testing.T) {
	printed := demonstrationOnATerminal(t)
	if lines := strings.Count(ansi.Strip(printed), "\n"); lines < 30 || lines > 45 {
		t.Errorf("the demonstration has %d lines, and a screen about 40", lines)
	}
	drawn := drawTerminal("$ go run ./function/cmd/rolewatch replay\n\n" + printed)
	if colored := strings.Count(drawn, " fill="); colored < 10 {
		t.Fatalf("the picture has %d colored pieces", colored)
	}
	stored, err := os.ReadFile(picture)
	if err == nil && string(stored) == drawn {
		return
	}
	if !*update {
		t.Fatalf("%s is stale: go test ./function/cmd/rolewatch -run Picture -update", picture)
	}
	if err := os.WriteFile(picture, []byte(drawn), 0o644); err != nil {
		t.Fatal(err)
	}
}

func demonstrationOnATerminal(t *testing.T) string {
	t.Helper()
	var out, errs bytes.Buffer
	w := world{in: &bytes.Buffer{}, out: &out, err: &errs, width: pictureColumns, color: true, now: time.Now}
	if code := run(t.Context(), &w, []string{"replay"}); code != exitDone {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	return out.String()
}

// drawTerminal writes lines with escape sequences for colors as an SVG. A line that is too long is continued on the next, as on a terminal.
func drawTerminal(text string) string {
	lines := strings.Split(strings.TrimRight(ansi.Hardwrap(text, pictureColumns, true), "\n"), "\n")
	var b strings.Builder
	width, height := pictureColumns*pictureCell+2*pictureMargin, len(lines)*pictureLine+2*pictureMargin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %d" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">`+"\n", width, height)
	fmt.Fprintf(&b, "<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#0d1117\"/>\n")
	pen := newPen()
	for i, line := range lines {
		pen.draw(&b, line, float64(pictureMargin+(i+1)*pictureLine-4))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// pen is the style in which a terminal writes the next character.
type pen struct {
	style  ansiStyle
	parser *ansi.Parser
}

type ansiStyle struct {
	front, back string
	bold, faint bool
}

func newPen() *pen { return &pen{parser: ansi.NewParser()} }

func (p *pen) draw(b *strings.Builder, line string, y float64) {
	column, from, run := 0, 0, ""
	flush := func() {
		if strings.TrimSpace(run) != "" || p.style.back != "" {
			p.write(b, run, from, y)
		}
		from, run = column, ""
	}
	var state byte
	for len(line) > 0 {
		seq, width, n, next := ansi.DecodeSequence(line, state, p.parser)
		state, line = next, line[n:]
		if width > 0 {
			run, column = run+seq, column+width
			continue
		}
		if ansi.Cmd(p.parser.Command()).Final() == 'm' && strings.HasPrefix(seq, "\x1b[") {
			flush()
			p.style.set(p.parser.Params())
		}
	}
	flush()
}

func (p *pen) write(b *strings.Builder, text string, column int, y float64) {
	x, width := pictureMargin+float64(column)*pictureCell, float64(len([]rune(text)))*pictureCell
	if p.style.back != "" {
		fmt.Fprintf(b, `<rect x="%.2f" y="%.0f" width="%.2f" height="%d" fill="%s"/>`+"\n", x, y-13, width, pictureLine, p.style.back)
	}
	attributes := fmt.Sprintf(` fill="%s"`, p.style.foreground())
	if p.style.bold {
		attributes += ` font-weight="bold"`
	}
	fmt.Fprintf(b, `<text x="%.2f" y="%.0f" textLength="%.2f"%s>%s</text>`+"\n", x, y, width, attributes, html.EscapeString(strings.ReplaceAll(text, " ", "\u00a0")))
}

func (s ansiStyle) foreground() string {
	switch {
	case s.front != "":
		return s.front
	case s.faint:
		return "#8b949e"
	}
	return "#e6edf3"
}

// set follows the parameters of a sequence that selects a graphic rendition.
func (s *ansiStyle) set(params ansi.Params) {
	if len(params) == 0 {
		*s = ansiStyle{}
	}
	for _, param := range params {
		switch n := param.Param(0); {
		case n == 0:
			*s = ansiStyle{}
		case n == 1:
			s.bold = true
		case n == 2:
			s.faint = true
		case n >= 30 && n <= 37:
			s.front = terminalColor(n - 30)
		case n >= 90 && n <= 97:
			s.front = terminalColor(n - 90 + 8)
		case n >= 40 && n <= 47:
			s.back = terminalColor(n - 40)
		case n >= 100 && n <= 107:
			s.back = terminalColor(n - 100 + 8)
		default:
			panic("a sequence of the terminal that the picture does not know: " + strconv.Itoa(n))
		}
	}
}

// terminalColor is a color of a terminal with a dark background: those of the sixteen that look dim there are brighter than the standard.
func terminalColor(n int) string {
	if c, ok := map[int]string{1: "#da3633", 2: "#2ea043", 3: "#d29922", 6: "#39c5cf", 8: "#6e7681", 0: "#010409"}[n]; ok {
		return c
	}
	r, g, b, _ := color.Color(ansi.BasicColor(n)).RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
