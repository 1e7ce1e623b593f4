<?php
/**
 * Plugin Name: Everyword search
 * Description: A search box for every word spoken in your episodes: [everyword_search archive="https://archive.example"]
 * Version: 1.0
 * Requires at least: 6.5
 * Requires PHP: 7.4
 * License: MIT
 */

if (!defined('ABSPATH')) {
    exit;
}

/** The attributes of the element that a shortcode may set. */
const EVERYWORD_ATTRIBUTES = array('show', 'episode', 'player', 'theme', 'page-size', 'modal');

/** Return the archive's address without a slash at its end, or "" where it is none. */
function everyword_archive($address)
{
    $address = rtrim(trim((string) $address), '/');
    return preg_match('~^https?://[^\s"\'<>]+$~', $address) ? $address : '';
}

/** Render [everyword_search archive="https://archive.example" show="Island Voices"]. */
function everyword_shortcode($given)
{
    $given = is_array($given) ? $given : array();
    $archive = everyword_archive($given['archive'] ?? get_option('everyword_archive', ''));
    if ($archive === '') {
        return current_user_can('edit_posts')
            ? '<p>' . esc_html__('Everyword: name the archive, as in [everyword_search archive="https://archive.example"].', 'everyword-search') . '</p>'
            : '';
    }
    wp_enqueue_script_module('everyword-search', $archive . '/widget/everyword-search.js', array(), null);
    $attributes = ' api="' . esc_attr($archive) . '"';
    foreach (EVERYWORD_ATTRIBUTES as $name) {
        if (isset($given[$name])) {
            $attributes .= ' ' . $name . '="' . esc_attr($given[$name]) . '"';
        } elseif (in_array($name, $given, true)) {
            // WordPress gives attributes without a value as numbered ones: [everyword_search modal].
            $attributes .= ' ' . $name;
        }
    }
    $label = esc_attr__('Search every spoken word', 'everyword-search');
    return '<everyword-search' . $attributes . '>'
        . '<form action="' . esc_url($archive . '/search') . '">'
        . '<input type="search" name="q" aria-label="' . $label . '">'
        . '<button>' . esc_html__('Search', 'everyword-search') . '</button>'
        . '</form></everyword-search>';
}

add_shortcode('everyword_search', 'everyword_shortcode');
