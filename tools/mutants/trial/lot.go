package trial

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// variable names the environment variable that says which mutant of a lot is in force. None is where it is not set.
const variable = "ROLEWATCH_MUTANT"

// lot is many mutants of one package in one program: each function that has mutants has their bodies before its own, and runs that of the
// mutant in force. So they are compiled once.
type lot struct {
	root, pkg, scratch string
	mutants            []Mutant
	// in are the places of the mutants that are in the program, by their index.
	in map[int]place
}

// place is where a mutant is: in the body of a function of a file, between its braces.
type place struct {
	file string
	// from and to are offsets of the body in the file, and text the body with the mutant.
	from, to int
	text     string
	void     bool
}

// newLot puts those mutants together that are in a function without labels; the others are tried alone.
func newLot(root, pkg, scratch string, mutants []Mutant) (*lot, error) {
	l := &lot{root: root, pkg: pkg, scratch: scratch, mutants: mutants, in: map[int]place{}}
	parsed := map[string]*parsedFile{}
	for i, m := range mutants {
		if parsed[m.File] == nil {
			p, err := parse(root, m.File)
			if err != nil {
				return nil, err
			}
			parsed[m.File] = p
		}
		if p, ok := parsed[m.File].placeOf(m); ok {
			l.in[i] = p
		}
	}
	return l, nil
}

type parsedFile struct {
	text []byte
	set  *token.FileSet
	file *ast.File
}

func parse(root, file string) (*parsedFile, error) {
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return nil, err
	}
	p := &parsedFile{text: text, set: token.NewFileSet()}
	p.file, err = parser.ParseFile(p.set, file, text, parser.SkipObjectResolution)
	return p, err
}

// placeOf is the place of a mutant; false where it is not in a function, or in one that has labels: there is one of each in a function.
func (p *parsedFile) placeOf(m Mutant) (place, bool) {
	from, end := difference(p.text, m.Text)
	for _, d := range p.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		open, closed := p.set.Position(f.Body.Lbrace).Offset, p.set.Position(f.Body.Rbrace).Offset
		if from <= open || end > closed || hasLabel(f.Body) {
			continue
		}
		text := m.Text[open+1 : closed+len(m.Text)-len(p.text)]
		return place{file: m.File, from: open + 1, to: closed, text: string(text), void: f.Type.Results == nil}, true
	}
	return place{}, false
}

// difference is what of a text is another one in the second: from there to there.
func difference(a, b []byte) (from, end int) {
	for from < min(len(a), len(b)) && a[from] == b[from] {
		from++
	}
	same := 0
	for same < min(len(a), len(b))-from && a[len(a)-1-same] == b[len(b)-1-same] {
		same++
	}
	return from, len(a) - same
}

func hasLabel(body *ast.BlockStmt) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		_, is := n.(*ast.LabeledStmt)
		found = found || is
		return !found
	})
	return found
}

// files are those of the program that are not as they are in the module, by their path there, and the lines of each mutant in them.
func (l *lot) files() (texts map[string][]byte, lines map[string]map[int][2]int, err error) {
	texts, lines = map[string][]byte{}, map[string]map[int][2]int{}
	if len(l.in) == 0 {
		return texts, lines, nil
	}
	byFile := map[string][]int{}
	for _, i := range slices.Sorted(maps.Keys(l.in)) {
		byFile[l.in[i].file] = append(byFile[l.in[i].file], i)
	}
	name := ""
	for file, list := range byFile {
		p, err := parse(l.root, file)
		if err != nil {
			return nil, nil, err
		}
		name = p.file.Name.Name
		slices.SortStableFunc(list, func(a, b int) int { return l.in[a].from - l.in[b].from })
		var out bytes.Buffer
		lines[file] = map[int][2]int{}
		written, line := 0, 1
		write := func(text string) {
			out.WriteString(text)
			line += strings.Count(text, "\n")
		}
		for _, i := range list {
			at := l.in[i]
			write(string(p.text[written:at.from]))
			written = at.from
			write("\nif rolewatchMutant == " + strconv.Itoa(i+1) + " {\n")
			first := line
			write("{" + at.text + "\n}\n")
			// A body that does not end with a return does not go on with that of the function.
			if at.void {
				write("return\n}\n")
			} else {
				write("panic(\"a mutant has no result\")\n}\n")
			}
			lines[file][i] = [2]int{first, line}
		}
		write(string(p.text[written:]))
		texts[file] = out.Bytes()
	}
	texts[path.Join(l.pkg, "rolewatch_mutant.go")] = fmt.Appendf(nil,
		"package %s\n\nimport (\n\tmutantos \"os\"\n\tmutantstrconv \"strconv\"\n)\n\nvar rolewatchMutant, _ = mutantstrconv.Atoi(mutantos.Getenv(%q))\n", name, variable)
	return texts, lines, nil
}
