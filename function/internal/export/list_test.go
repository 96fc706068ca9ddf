package export

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// TestAListIsReadAsTheWholePage reads pages with a list taken apart and as a whole: the same is read, or the same is wrong.
func TestAListIsReadAsTheWholePage(t *testing.T) {
	type page struct {
		List []struct {
			Name     string
			Document document
			Tags     tagList
		}
		Next string
	}
	read, wrong := 0, 0
	for _, text := range []string{
		`{"List":[{"Name":"a"},{"Name":"b","Tags":[{"Key":"k"}]}],"Next":"n"}`,
		"{ \"Next\" : \"n\" ,\n \"List\" : [ {\"Name\":\"a,]}\\\"\"} ,\n\t{\"Name\":\"b\",\"Document\":{\n \"Statement\": []}} ] }",
		`{"List":[],"Next":"n"}`, `{"List":null}`, `{"Next":"n"}`, `{"List":[{"Name":"a"}],"List":[]}`, `{"List":[],"List":[{"Name":"a"}]}`,
		`{"List":[{"Name":"a"}],"List":null}`, `{"List":[{"Name":"a"},{"Name":"b"}],"List":[{"Name":"c"}]}`, `{"List":[null,{"Name":"a"}]}`,
		`{"list":[{"Name":"a"}]}`, `{"List":[{"Name":"a","Name":"b"}],"Other":[1,[2,3]]}`,
		`[{"List":[{"Name":"a"}]},{"List":[{"Name":"b"}],"Next":"n"}]`, `{"List":[{"Name":"a"}]}{"List":[{"Name":"b"}]}`,
		"{\"List\":[{\"Name\":\"a\"},\n{\"Name\":5}]}", "{\"List\":[{\"Name\":\"a\"}],\n\"Next\":5}", "{\"List\":[{\"Name\":\"a\"},\n5]}", `{"List":{"Name":"a"}}`, "{\"Next\":7,\n\"List\":[{\"Name\":5}]}",
	} {
		path := filepath.Join(t.TempDir(), "page.json")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		files, err := openFile(path)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, f := range files {
			var whole, apart page
			want, got := f.decode(&whole), decodeList(f, "List", &apart, &apart.List)
			switch {
			case (want == nil) != (got == nil) || want != nil && want.Error() != got.Error():
				t.Errorf("%s: %v, and as a whole %v", text, got, want)
			case want != nil:
				wrong++
			case !reflect.DeepEqual(whole, apart):
				t.Errorf("%s: %+v, and as a whole %+v", text, apart, whole)
			default:
				read++
			}
		}
	}
	if read < 12 || wrong < 4 {
		t.Errorf("%d were read, and %d wrong", read, wrong)
	}
}
