package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/internal/history"
)

// evalLines runs eval over a text and gives its answers, a line each.
func evalLines(t testing.TB, input string) []string {
	t.Helper()
	var out strings.Builder
	err := newEvaluating(strings.NewReader(input), &out, false).run([]string{history.Stdin})
	if err != nil && !errors.Is(err, errTold) {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

// question is a request for something that an identity policy allows, or does not.
func question(allowed bool) string {
	action := map[bool]string{true: "s3:GetObject", false: "s3:PutObject"}[allowed]
	return `{"principal":"arn:aws:iam::111122223333:user/ann","action":"` + action + `","resource":"*","identity":[{"Version":"2012-10-17",` +
		`"Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}]}`
}

// TestEvalAnswersAtOnce asks each request only after the last one was answered.
func TestEvalAnswersAtOnce(t *testing.T) {
	in, ask := io.Pipe()
	answers, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- newEvaluating(in, out, false).run([]string{history.Stdin})
		out.Close()
	}()
	read := bufio.NewReader(answers)
	for i, step := range []struct{ line, want string }{
		{question(true), `{"decision":"allowed"`},
		{`{"principal":`, `{"error":"line 2, column 14: `},
		{"\r", ""},
		{question(false) + "\r", `{"decision":"implicitDeny"`},
		{"{\n" + question(true)[1:], `{"decision":"allowed"`},
		{question(true), `{"decision":"allowed"`},
	} {
		if _, err := io.WriteString(ask, step.line+"\n"); err != nil {
			t.Fatal(err)
		}
		if step.want == "" {
			continue
		}
		got, err := read.ReadString('\n')
		if err != nil || !strings.HasPrefix(got, step.want) {
			t.Fatalf("request %d: %q, %v, want %s", i, got, err, step.want)
		}
	}
	ask.Close()
	if err := <-done; err != nil {
		t.Fatalf("at the end: %v", err)
	}
}

// TestEvalKeepsCount writes lines of all sorts and wants an answer for each that is not blank, in order.
func TestEvalKeepsCount(t *testing.T) {
	asked := 0
	good, bad := question(true), question(false)
	sound := map[string]string{good: `{"decision":"allowed"`, bad: `{"decision":"implicitDeny"`}
	cut := rapid.Custom(func(t *rapid.T) string { return good[:rapid.IntRange(2, len(good)-1).Draw(t, "cut")] })
	flipped := rapid.Custom(func(t *rapid.T) string {
		b := []byte(bad)
		b[rapid.IntRange(1, len(b)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("\"{}[]\\,:x\xff\x00")).Draw(t, "byte")
		return string(b)
	})
	anyLine := rapid.OneOf(rapid.Just(good), rapid.Just(bad), cut, flipped, rapid.StringMatching(`[^{\n\r][^\n\r]{0,20}`), rapid.SampledFrom([]string{"", "\t "}))
	rapid.Check(t, func(rt *rapid.T) {
		lines := rapid.SliceOfN(anyLine, 0, 12).Draw(rt, "lines")
		var want []string
		for _, line := range lines {
			if strings.Trim(line, " \t") != "" {
				want = append(want, sound[line])
			}
		}
		got := evalLines(t, strings.Join(lines, "\n"))
		if len(want) == 0 {
			want = []string{""}
		}
		if len(got) != len(want) {
			rt.Fatalf("%d answers, want %d", len(got), len(want))
		}
		for i := range want {
			if !strings.HasPrefix(got[i], want[i]) {
				rt.Fatalf("answer %d is %s, want %s", i, got[i], want[i])
			}
			asked++
		}
	})
	if asked == 0 {
		t.Fatal("nothing was asked")
	}
	t.Logf("%d answers", asked)
}

func TestEvalGoesOnAfterWhatIsTooMuch(t *testing.T) {
	long := `{"principal":"` + strings.Repeat("x", maxRequest) + `"}`
	lines := strings.Repeat("  \"x\": 1,\n", maxRequest/10+1)
	deep := `{"identity":[` + strings.Repeat("[", 20_000) + `]}`
	wide := strings.Replace(question(true), `"resource":"*"`, `"resource":"arn:aws:s3:::b/`+strings.Repeat("k", 3<<20)+`"`, 1)
	document := strings.Replace(question(true), `"s3:Get*"`, `"`+strings.Repeat("k", 1<<20)+`"`, 1)
	got := evalLines(t, strings.Join([]string{long, question(true), "{\n" + lines + "}", deep, wide, document, question(true), long}, "\n"))
	want := []string{
		`{"error":"line 1: the request is longer than 16777216 bytes"}`, `{"decision":"allowed"`,
		`{"error":"line 3: the request is longer than 16777216 bytes"}`,
		`{"error":"line ` + fmt.Sprint(5+maxRequest/10+1) + `, column 10012: identity: policy 0: it is not JSON: exceeded max depth"}`,
		`{"decision":"allowed"`,
		`{"error":"line ` + fmt.Sprint(7+maxRequest/10+1) + `, column 1048678: identity: policy 0: the document has 1048658 bytes`,
		`{"decision":"allowed"`, `{"error":"line `,
	}
	if len(got) != len(want) {
		t.Fatalf("%d answers, want %d", len(got), len(want))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("answer %d is %.300s, want %s", i, got[i], want[i])
		}
	}
}

// TestEvalOfAWholeStart reads what editors on Windows write.
func TestEvalOfAWholeStart(t *testing.T) {
	got := evalLines(t, "\xef\xbb\xbf"+question(true)+"\r\n\r\n"+question(false))
	if len(got) != 2 || !strings.HasPrefix(got[0], `{"decision":"allowed"`) || !strings.HasPrefix(got[1], `{"decision":"implicitDeny"`) {
		t.Errorf("%q", got)
	}
}

// TestEvalStopsWhenItIsInterrupted cancels a run that waits for input that never comes.
func TestEvalStopsWhenItIsInterrupted(t *testing.T) {
	in, ask := io.Pipe()
	defer ask.Close()
	ctx, cancel := context.WithCancel(context.Background())
	var out, errs bytes.Buffer
	w := world{in: in, out: &out, err: &errs, now: time.Now}
	code := make(chan int, 1)
	go func() { code <- run(ctx, &w, []string{"eval"}) }()
	cancel()
	if got := <-code; got != exitError {
		t.Errorf("exit code %d: %s", got, errs.String())
	}
}

// TestEvalTellsThatItCannotWrite gives it an output that is closed.
func TestEvalTellsThatItCannotWrite(t *testing.T) {
	r, out := io.Pipe()
	r.Close()
	err := newEvaluating(strings.NewReader(question(true)+"\n"), out, false).run([]string{history.Stdin})
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}
