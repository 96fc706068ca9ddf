// Package diagram draws boxes and arrows as SVG: it measures the texts, has them laid out in layers from left to right, and writes what a
// browser shows without a script, a font or a file of its own.
package diagram

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// Box is something that arrows lead from and to.
type Box struct {
	// Name is written into the box, and Note, where there is one, below it.
	Name, Note string
	// Title is what a browser shows when the pointer is on the box.
	Title string
	// Marked sets the box apart from others.
	Marked bool
}

// Arrow leads from the box of one place to that of another, or to the same.
type Arrow struct {
	From, To int
	// Labels are written next to it, each on lines of its own.
	Labels []string
	Dashed bool
}

// All measures are pixels. The letters of the font are of one width, 0.6 of their height: https://www.w3.org/TR/css-fonts-4/#monospace-def
const (
	fontSize    = 12
	letterWidth = 7.3
	lineHeight  = 16
	margin      = 10
	// boxLetters and labelLetters are how many letters a line has at most.
	boxLetters, labelLetters = 36, 30
)

// SVG draws a picture. The title is what it is called where it cannot be seen.
func SVG(title string, boxes []Box, arrows []Arrow) (string, error) {
	texts, labels := make([][]string, len(boxes)), make([][]string, len(arrows))
	sizes, sized := make([]size, len(boxes)), make([]sizedArrow, len(arrows))
	for i, b := range boxes {
		texts[i] = append(wrap(b.Name, boxLetters), wrap(b.Note, boxLetters)...)
		sizes[i] = sizeOf(texts[i])
	}
	for i, a := range arrows {
		for _, label := range a.Labels {
			labels[i] = append(labels[i], wrap(label, labelLetters)...)
		}
		sized[i] = sizedArrow{a.From, a.To, sizeOf(labels[i])}
	}
	l := layOut(sizes, sized)
	doc := newDocument(clean(title), l)
	for i, a := range arrows {
		doc.addArrow(l.routes[i], a.Dashed)
		doc.addLabel(l.routes[i].label, sized[i].size, labels[i])
	}
	for i, b := range boxes {
		doc.addBox(l.boxes[i], sizes[i], texts[i], b)
	}
	text, err := xml.MarshalIndent(doc, "", " ")
	if err != nil {
		return "", fmt.Errorf("write the picture: %w", err)
	}
	return string(text) + "\n", nil
}

// sizeOf is how much room lines of text take with a margin around them.
func sizeOf(lines []string) size {
	widest := 0
	for _, line := range lines {
		widest = max(widest, ansi.StringWidth(line))
	}
	if widest == 0 {
		return size{}
	}
	return size{math.Ceil(float64(widest)*letterWidth) + 2*margin, float64(len(lines))*lineHeight + margin}
}

// wrap breaks a text into lines, at spaces and, in a long name, after punctuation where it can.
func wrap(text string, letters int) []string {
	if text == "" {
		return nil
	}
	return strings.Split(ansi.Wrap(clean(text), letters, " "), "\n")
}

// clean replaces what neither XML nor a line of text can have.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// number writes a measure with one digit after the point.
func number(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }
