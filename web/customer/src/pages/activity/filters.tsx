import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type SyntheticEvent } from "react";
import type { ActivitySearch } from "../../queries/activity";
import { membersQuery } from "../../queries/members";
import { useDoors } from "../../session/doors";
import styles from "./activity.module.css";
import { KINDS } from "./words";

/** Narrows the log. Every choice is in the address, so that it can be sent to somebody. */
export function Filters({ search }: { search: ActivitySearch }) {
  const navigate = useNavigate();
  const go = (change: ActivitySearch): void => void navigate({ to: "/activity", search: { ...search, ...change }, replace: true });
  const narrowed = Object.values(search).some((value) => value !== undefined);
  return (
    <section className={styles["filters"]} aria-label="Filters">
      <Words key={search.search ?? ""} search={search} go={go} />
      <WhoSelect search={search} go={go} />
      <NativeSelect
        label="What"
        value={search.action ?? ""}
        data={[{ value: "", label: "Everything" }, ...KINDS]}
        onChange={(event) => { go({ action: event.currentTarget.value || undefined }); }}
      />
      <TextInput type="date" label="From" value={search.from ?? ""} max={search.to} onChange={(event) => { go({ from: event.currentTarget.value || undefined }); }} />
      <TextInput type="date" label="To" value={search.to ?? ""} min={search.from} onChange={(event) => { go({ to: event.currentTarget.value || undefined }); }} />
      {narrowed && (
        <Button className={styles["clear"] ?? ""} variant="subtle" onClick={() => void navigate({ to: "/activity", search: {}, replace: true })}>
          Clear filters
        </Button>
      )}
    </section>
  );
}

interface FilterProps {
  search: ActivitySearch;
  go: (change: ActivitySearch) => void;
}

function WhoSelect({ search, go }: FilterProps) {
  const { api } = useDoors();
  const members = useInfiniteQuery(membersQuery(api)).data?.pages.flatMap((page) => page.items) ?? [];
  const people = members.map(({ user_id, name }) => ({ value: `user:${user_id}`, label: name }));
  const known = [{ value: "", label: "Anybody" }, ...people, { value: "system:teams", label: "Automatically" }];
  const options = known.some(({ value }) => value === (search.actor ?? "")) ? known : [...known, { value: search.actor ?? "", label: "Somebody who left" }];
  return <NativeSelect label="Who" value={search.actor ?? ""} data={options} onChange={(event) => { go({ actor: event.currentTarget.value || undefined }); }} />;
}

function Words({ search, go }: FilterProps) {
  const [words, setWords] = useState(search.search ?? "");
  const find = (event: SyntheticEvent): void => {
    event.preventDefault();
    go({ search: words.trim() || undefined });
  };
  return (
    <form className={styles["words"]} role="search" onSubmit={find}>
      <TextInput
        type="search"
        label="Search"
        placeholder="Names, e-mail addresses, values"
        maxLength={100}
        leftSection={<IconSearch size={16} />}
        value={words}
        onChange={(event) => { setWords(event.currentTarget.value); }}
      />
      <Button type="submit" variant="default">
        Find
      </Button>
    </form>
  );
}
