// Package format is the form in which the catalogue of actions is embedded: lines of text, compressed. It owns the writing
// and the reading; what the catalogue is made of, and what it is asked, is its users' to say.
package format

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Service is one service with all that its policies can name.
type Service struct {
	Prefix, Name  string
	ResourceTypes []ResourceType
	Keys          []Key
	Actions       []Action
}

// ResourceType is a kind of resource. Keys are places in the service's list of keys.
type ResourceType struct {
	Name, ARN string
	Keys      []int
}

// Key is a condition key with its type, as AWS spells both.
type Key struct{ Name, Type string }

// Action is one action. Level is a letter; ResourceTypes and Keys are places in the service's lists, those of Required
// below the ones of ResourceTypes that must be named.
type Action struct {
	Name          string
	Level         byte
	ResourceTypes []int
	Required      []int
	Keys          []int
}

// magic is the first line of the text; its number changes with the form.
const magic = "rolewatch actions 1"

// maxText bounds what is read, in bytes.
const maxText = 32 << 20

// Encode writes services under the name of their source. The same services give the same bytes.
func Encode(source string, services []Service) ([]byte, error) {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s\n%s\n", magic, source)
	for _, s := range services {
		fmt.Fprintf(&text, "S%s\t%s\n", s.Prefix, s.Name)
		for _, k := range s.Keys {
			fmt.Fprintf(&text, "K%s\t%s\n", k.Name, k.Type)
		}
		for _, r := range s.ResourceTypes {
			fmt.Fprintf(&text, "R%s\t%s\t%s\n", r.Name, r.ARN, numbers(r.Keys))
		}
		for _, a := range s.Actions {
			fmt.Fprintf(&text, "%c%s\t%s\t%s\t%s\n", a.Level, a.Name, numbers(a.ResourceTypes), numbers(a.Required), numbers(a.Keys))
		}
	}
	if n := strings.Count(text.String(), "\n"); n != lines(services)+2 {
		return nil, errors.New("encode actions: a name holds a line break")
	}
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("encode actions: %w", err)
	}
	if _, err := w.Write(text.Bytes()); err != nil {
		return nil, fmt.Errorf("encode actions: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encode actions: %w", err)
	}
	return out.Bytes(), nil
}

func lines(services []Service) int {
	n := 0
	for _, s := range services {
		n += 1 + len(s.Keys) + len(s.ResourceTypes) + len(s.Actions)
	}
	return n
}

// numbers writes a list, a run of three or more as its ends.
func numbers(list []int) string {
	var b strings.Builder
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1] == list[j]+1 {
			j++
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(list[i]))
		if j-i >= 2 {
			b.WriteString("-" + strconv.Itoa(list[j]))
			i = j + 1
			continue
		}
		i++
	}
	return b.String()
}

// Decode reads what Encode wrote.
func Decode(data []byte) (source string, services []Service, err error) {
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), maxText))
	if err != nil {
		return "", nil, fmt.Errorf("decode actions: %w", err)
	}
	text := string(raw)
	first, rest, _ := strings.Cut(text, "\n")
	if first != magic {
		return "", nil, fmt.Errorf("decode actions: want %q first, not %.40q", magic, first)
	}
	source, rest, _ = strings.Cut(rest, "\n")
	for number := 3; rest != ""; number++ {
		line, after, ended := strings.Cut(rest, "\n")
		if !ended {
			return "", nil, fmt.Errorf("decode actions: line %d: it ends too early", number)
		}
		if err := decodeLine(line, &services); err != nil {
			return "", nil, fmt.Errorf("decode actions: line %d: %w", number, err)
		}
		rest = after
	}
	return source, services, nil
}

func decodeLine(line string, services *[]Service) error {
	if line == "" {
		return errors.New("it is empty")
	}
	kind, line := line[0], line[1:]
	name, line, _ := strings.Cut(line, "\t")
	if kind == 'S' {
		*services = append(*services, Service{Prefix: name, Name: line})
		return nil
	}
	if len(*services) == 0 {
		return errors.New("it stands before the first service")
	}
	s := &(*services)[len(*services)-1]
	switch kind {
	case 'K':
		s.Keys = append(s.Keys, Key{Name: name, Type: line})
	case 'R':
		arn, keys, _ := strings.Cut(line, "\t")
		list, err := readNumbers(keys, len(s.Keys))
		s.ResourceTypes = append(s.ResourceTypes, ResourceType{Name: name, ARN: arn, Keys: list})
		return err
	default:
		types, line, _ := strings.Cut(line, "\t")
		required, keys, _ := strings.Cut(line, "\t")
		a := Action{Name: name, Level: kind}
		var errs [3]error
		a.ResourceTypes, errs[0] = readNumbers(types, len(s.ResourceTypes))
		a.Required, errs[1] = readNumbers(required, len(s.ResourceTypes))
		a.Keys, errs[2] = readNumbers(keys, len(s.Keys))
		s.Actions = append(s.Actions, a)
		return errors.Join(errs[:]...)
	}
	return nil
}

// readNumbers reads a list of places below a bound.
func readNumbers(text string, bound int) ([]int, error) {
	if text == "" {
		return nil, nil
	}
	list := make([]int, 0, 4)
	for text != "" {
		var part string
		part, text, _ = strings.Cut(text, ",")
		from, to, isRun := strings.Cut(part, "-")
		a, err := strconv.Atoi(from)
		b := a
		if isRun && err == nil {
			b, err = strconv.Atoi(to)
		}
		if err != nil || a < 0 || b < a || b >= bound {
			return nil, fmt.Errorf("%.40q is no list of places below %d", part, bound)
		}
		for ; a <= b; a++ {
			list = append(list, a)
		}
	}
	return list, nil
}
