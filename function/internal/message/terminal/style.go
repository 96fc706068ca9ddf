package terminal

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

const (
	labelWidth = 11
	// narrowest and widest bound the width that prose is set in: wider lines are hard to read.
	narrowest, widest = 40, 110
)

// theme is how things look. Without colour every style is the plain one, which writes no escape sequence.
type theme struct {
	width                               int
	label, title, quote, faint, pasting lipgloss.Style
	badges                              map[check.Severity]lipgloss.Style
	resolved, mended, warning           lipgloss.Style
}

func newTheme(o Options) theme {
	t := theme{width: o.Width, badges: map[check.Severity]lipgloss.Style{}}
	if t.width <= 0 {
		t.width = 80
	}
	t.width = min(max(t.width, narrowest), widest)
	if !o.Color {
		return t
	}
	badge := func(background, foreground string) lipgloss.Style {
		return lipgloss.NewStyle().Bold(true).Padding(0, 1).
			Background(lipgloss.Color(background)).Foreground(lipgloss.Color(foreground))
	}
	t.badges[check.Critical] = badge("1", "15")
	t.badges[check.High] = badge("3", "0")
	t.badges[check.Medium] = badge("6", "0")
	t.badges[check.Low] = badge("8", "15")
	t.resolved = badge("2", "0")
	t.mended = lipgloss.NewStyle().Foreground(lipgloss.Color("2"))
	t.warning = lipgloss.NewStyle().Foreground(lipgloss.Color("1")).Bold(true)
	t.label = lipgloss.NewStyle().Faint(true)
	t.faint = lipgloss.NewStyle().Faint(true)
	t.title = lipgloss.NewStyle().Bold(true)
	t.quote = lipgloss.NewStyle().Foreground(lipgloss.Color("3"))
	t.pasting = lipgloss.NewStyle().Foreground(lipgloss.Color("6"))
	return t
}

// wrap sets escaped text in rows of at most width characters, its own line breaks kept, each row in a style.
func wrap(text string, width int, style lipgloss.Style) string {
	var rows []string
	for line := range strings.Lines(message.Block(text)) {
		for _, row := range message.Wrap(line, width) {
			rows = append(rows, style.Render(row))
		}
	}
	return strings.Join(rows, "\n")
}

// beside puts a block to the right of a head, and drops the padding that joining leaves at the ends of lines.
func beside(head, block string) string {
	lines := strings.Split(lipgloss.JoinHorizontal(lipgloss.Top, head, block), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n") + "\n"
}
